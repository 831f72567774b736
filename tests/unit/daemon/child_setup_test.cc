// SPDX-License-Identifier: BSD-2-Clause
//
// A child beside a daemon that runs on: what it tells, and what it leaves alone.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/child_setup.h"
#include "daemon/raw_call.h"
#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

using namespace std::chrono_literals;

/// A plan for a program, and a stack.
class Beside {
public:
    explicit Beside(const char* path)
    {
        plan.path = path;
        plan.argv = argv_;
        plan.envp = argv_;
        for (int& descriptor : plan.standard)
            descriptor = null_.get();
        plan.connection = null_.get();
    }

    pid_t start() noexcept { return start_child_beside(plan, stack_ + sizeof stack_); }
    [[nodiscard]] bool leaves() noexcept
    {
        return wait_until_left(plan, std::chrono::steady_clock::now() + 20s);
    }

    ChildPlan plan;

private:
    sys::UniqueFd null_{
        ::fcntl(sys::UniqueFd(::open("/dev/null", O_RDWR)).get(), F_DUPFD_CLOEXEC, 4)};
    char* argv_[1] = {nullptr};
    alignas(16) char stack_[65536];
};

int exit_status(pid_t pid)
{
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return status;
}

} // namespace

TEST_CASE("a child beside that becomes a program leaves the daemon's memory")
{
    if (!raw_calls_keep_errno)
        return; // there are none on this architecture
    Beside child("/bin/true");
    CHECK_FALSE(has_left(child.plan));
    const pid_t pid = child.start();
    REQUIRE(pid > 0);
    REQUIRE(child.leaves());
    CHECK(child.plan.failure.stage == core::SpawnStage::none);
    CHECK(WEXITSTATUS(exit_status(pid)) == 0);
}

TEST_CASE("a child beside that fails has told step and errno when it has left")
{
    if (!raw_calls_keep_errno)
        return;
    Beside child("/nonexistent/server");
    const pid_t pid = child.start();
    REQUIRE(child.leaves());
    CHECK(child.plan.failure.stage == core::SpawnStage::exec);
    CHECK(child.plan.failure.error_number == ENOENT);
    CHECK(exit_status(pid) == 0);
}

TEST_CASE("a call that fails in a child beside leaves the daemon's errno alone")
{
    if (!raw_calls_keep_errno)
        return;
    Beside child("/nonexistent/server");
    child.plan.connection = 987; // the first call that fails, and nobody minds
    const pid_t pid = child.start();
    errno = EXDEV; // none of what the child meets
    bool kept = true;
    while (!has_left(child.plan))
        kept = kept && errno == EXDEV;
    CHECK(kept);
    CHECK(errno == EXDEV);
    CHECK(exit_status(pid) == 0);
}

TEST_CASE("a child beside that is killed before it becomes a program has left, too")
{
    if (!raw_calls_keep_errno || !can_copy_part_of_table())
        return;
    Beside child("/bin/true");
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    const sys::UniqueFd read_end(pipe[0]);
    const sys::UniqueFd write_end(pipe[1]);
    // Nobody reads the pipe, which is full: there the child stays.
    REQUIRE(::fcntl(write_end.get(), F_SETPIPE_SZ, 4096) == 4096);
    const std::string full(4096, 'x');
    REQUIRE(::write(write_end.get(), full.data(), full.size()) == 4096);
    child.plan.told_at = write_end.get();
    child.plan.table = ChildPlan::table_waited_for;
    child.plan.copy_below = std::max(child.plan.connection, write_end.get()) + 1;
    const pid_t pid = child.start();
    REQUIRE(pid > 0);
    CHECK_FALSE(wait_until_left(child.plan, std::chrono::steady_clock::now() + 20ms));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(child.leaves());
    CHECK(WTERMSIG(exit_status(pid)) == SIGKILL);
}

TEST_CASE("a child beside tells of its own table whoever waits for it, and nobody else")
{
    if (!raw_calls_keep_errno || !can_copy_part_of_table())
        return;
    const bool is_waited_for = GENERATE(false, true);
    Beside child("/bin/true");
    const sys::UniqueFd told_at(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    child.plan.told_at = told_at.get();
    child.plan.copy_below = std::max(child.plan.connection, told_at.get()) + 1;
    if (is_waited_for)
        CHECK_FALSE(has_own_table_or_tells(child.plan));
    const pid_t pid = child.start();
    REQUIRE(child.leaves());
    CHECK(has_own_table_or_tells(child.plan));
    std::uint64_t times = 0;
    CHECK((::read(told_at.get(), &times, sizeof times) > 0) == is_waited_for);
    CHECK(times == (is_waited_for ? 1 : 0));
    CHECK(WEXITSTATUS(exit_status(pid)) == 0);
}

TEST_CASE("what a child beside does to its descriptors is not seen in the daemon")
{
    if (!raw_calls_keep_errno || !can_copy_part_of_table())
        return;
    struct stat before {
    }, after{};
    REQUIRE(::fstat(1, &before) == 0);
    Beside child("/bin/true");
    child.plan.copy_below = child.plan.connection + 1; // a table that is shared at first
    const pid_t pid = child.start();
    REQUIRE(child.leaves());
    CHECK(has_own_table(child.plan));
    CHECK(::fstat(1, &after) == 0);
    CHECK(before.st_ino == after.st_ino);
    CHECK(WEXITSTATUS(exit_status(pid)) == 0);
}

} // namespace usherd::daemon

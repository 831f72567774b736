// SPDX-License-Identifier: BSD-2-Clause

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/daemonise.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"

namespace usherd::daemon {

namespace {

/// What the foreground process does while `work` happens in the background.
tests::ChildOutcome in_background(const std::function<void(StartReport&)>& work)
{
    return tests::run_in_child([&] {
        auto report = daemonise();
        if (!report)
            return 99;
        work(*report);
        return 98;
    });
}

std::string target_of(int fd)
{
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
}

} // namespace

TEST_CASE("the foreground process exits with 0 once the background one has started")
{
    const auto outcome = in_background([](StartReport& report) { report.succeeded(); });
    CHECK(outcome.wait_status == 0);
    CHECK(outcome.output.empty());
}

TEST_CASE("the foreground process tells why the background one has not started")
{
    const auto outcome =
        in_background([](StartReport& report) { report.failed(3, "no services. Exiting..."); });
    REQUIRE(WIFEXITED(outcome.wait_status));
    CHECK(WEXITSTATUS(outcome.wait_status) == 3);
    CHECK(outcome.output == "no services. Exiting...\n");
}

TEST_CASE("a background process that dies without a word has not started")
{
    const auto outcome = in_background([](StartReport&) { ::raise(SIGKILL); });
    CHECK(WEXITSTATUS(outcome.wait_status) == 1);
    CHECK(outcome.output == "the background process ended before it had started\n");
}

TEST_CASE("the second word is not heard")
{
    const auto outcome = in_background([](StartReport& report) {
        report.succeeded();
        report.failed(1, "too late");
    });
    CHECK(outcome.wait_status == 0);
}

TEST_CASE("the background process leads a session and has no stderr")
{
    const auto outcome = in_background([](StartReport& report) {
        tests::say("lost");
        report.failed(0, (::getsid(0) == ::getpid() ? "leader " : "") + target_of(2));
    });
    CHECK(outcome.output == "leader /dev/null\n");
}

TEST_CASE("without anybody who waits, a report is nothing")
{
    StartReport report;
    report.succeeded();
    report.failed(1, "unheard");
}

TEST_CASE("inherited descriptors are closed, stdin and stdout become /dev/null")
{
    const auto outcome = tests::run_in_child([] {
        ::dup2(STDERR_FILENO, 3);
        ::dup2(STDERR_FILENO, 4);
        ::dup2(STDERR_FILENO, 500);
        if (!prepare_descriptors(4))
            return 1;
        const bool kept = ::fcntl(3, F_GETFD) >= 0;
        const bool closed = ::fcntl(4, F_GETFD) < 0 && ::fcntl(500, F_GETFD) < 0;
        tests::say(target_of(0) + ' ' + target_of(1));
        return kept && closed ? 0 : 2;
    });
    CHECK(outcome.wait_status == 0);
    CHECK(outcome.output == "/dev/null /dev/null");
}

TEST_CASE("a daemon that is started without any descriptor gets all three")
{
    const auto outcome = tests::run_in_child([] {
        const int saved = ::dup(STDERR_FILENO); // above the ones that are closed
        for (const int fd : {0, 1, 2})
            ::close(fd);
        if (!prepare_descriptors(saved + 1))
            return 1;
        for (const int fd : {0, 1, 2})
            if (target_of(fd) != "/dev/null" || ::fcntl(fd, F_GETFD) != 0)
                return 2;
        return 0;
    });
    CHECK(outcome.wait_status == 0);
}

TEST_CASE("closing descriptors costs the same whatever the limit of open files is")
{
    const auto outcome = tests::run_in_child([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        const auto start = std::chrono::steady_clock::now();
        if (!prepare_descriptors(3))
            return 1;
        return std::chrono::steady_clock::now() - start < std::chrono::seconds(1) ? 0 : 2;
    });
    CHECK(outcome.wait_status == 0);
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// Preloaded into programs that valgrind runs, see scripts/valgrind.sh. Valgrind knows children that
// are forks, and makes one of vfork(); at the clone(2) of start_child(), which shares the
// descriptors and the memory and has a stack of its own, it gives up. Here such a child is a fork:
// what it says of its failure comes back through a pipe, whose end, at the exec, the parent waits
// for.

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/child_setup.h"

namespace {

using usherd::core::SpawnFailure;
using usherd::daemon::ChildPlan;

template <typename Function>
Function* next(const char* name)
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

template <typename... Values>
long next_syscall(long number, Values... values)
{
    static auto* const found = next<long(long, ...)>("syscall");
    return found(number, values...);
}

// Of a child, which has one thread.
const ChildPlan* plan = nullptr;
int report = -1;

/// All in [first, last] but the pipe: it is closed by the exec.
long close_around_report(unsigned first, unsigned last, unsigned flags)
{
    const auto kept = static_cast<unsigned>(report);
    if (kept < first || kept > last)
        return next_syscall(SYS_close_range, first, last, flags);
    if (kept > first)
        next_syscall(SYS_close_range, first, kept - 1, flags);
    return next_syscall(SYS_close_range, kept + 1, last, flags);
}

/// Says what failed, and ends as another program where that can be: valgrind, which looks for
/// blocks that nothing points to at the end of a process, sees no stack of the threads that are not
/// here.
void end_child(int status)
{
    SpawnFailure failure;
    std::memset(static_cast<void*>(&failure), 0, sizeof failure); // what lies between its members
    failure.stage = plan->failure.stage;
    failure.error_number = plan->failure.error_number;
    (void)!::write(report, &failure, sizeof failure);
    next_syscall(
        SYS_execve, "/bin/sh",
        std::array<const char*, 4>{"sh", "-c", status == 0 ? "exit 0" : "exit 1", nullptr}.data(),
        nullptr);
}

/// What valgrind and the script that starts it need is not for the daemon's handlers.
__attribute__((constructor)) void forget_environment()
{
    const char* const preloaded = ::getenv("LD_PRELOAD");
    if (preloaded == nullptr ||
        std::string_view(preloaded).find("vgpreload") == std::string_view::npos)
        return; // this is still the script
    for (const char* name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBCPP_FORCE_NEW",
                             "GLIBCXX_FORCE_NEW", "VALGRIND_LAUNCHER", "PWD", "OLDPWD"})
        ::unsetenv(name);
}

} // namespace

extern "C" int
__clone( // NOLINT(bugprone-reserved-identifier,readability-identifier-naming): glibc's own name
    int (*function)(void*), void*, int, void* argument, ...)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    const pid_t pid = ::fork();
    if (pid == 0) {
        constexpr int above_targets = 10;
        plan = static_cast<const ChildPlan*>(argument);
        report = ::fcntl(ends[1], F_DUPFD_CLOEXEC, above_targets);
        ::close(ends[0]);
        ::close(ends[1]);
        ::_exit(function(argument));
    }
    const int error = errno;
    ::close(ends[1]);
    SpawnFailure failure;
    if (pid > 0 && ::read(ends[0], &failure, sizeof failure) == sizeof failure)
        static_cast<ChildPlan*>(argument)->failure = failure;
    ::close(ends[0]);
    errno = error;
    return pid;
}

extern "C" long
syscall( // NOLINT(readability-inconsistent-declaration-parameter-name): glibc's are reserved
    long number, ...) noexcept
{
    va_list arguments;
    va_start(arguments, number);
    long value[6];
    for (long& one : value)
        one = va_arg(arguments, long);
    va_end(arguments);
    if (report >= 0 && number == SYS_close_range)
        return close_around_report(static_cast<unsigned>(value[0]), static_cast<unsigned>(value[1]),
                                   static_cast<unsigned>(value[2]));
    if (report >= 0 && number == SYS_exit_group)
        end_child(static_cast<int>(value[0]));
    return next_syscall(number, value[0], value[1], value[2], value[3], value[4], value[5]);
}

/// Its own program is valgrind, as far as the kernel knows; the link, when read, says another.
extern "C" int
posix_spawn( // NOLINT(readability-inconsistent-declaration-parameter-name): glibc's are reserved
    pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
    const posix_spawnattr_t* attributes, char* const argv[], char* const envp[])
{
    char itself[4096];
    if (std::string_view(path) == "/proc/self/exe") {
        const ssize_t length = ::readlink(path, itself, sizeof itself - 1);
        if (length < 0)
            return errno;
        itself[length] = '\0';
        path = itself;
    }
    static auto* const found = next<decltype(::posix_spawn)>("posix_spawn");
    return found(pid, path, actions, attributes, argv, envp);
}

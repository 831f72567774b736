// SPDX-License-Identifier: BSD-2-Clause
//
// Preloaded into programs that valgrind runs, see scripts/valgrind.sh. Valgrind knows children that
// are forks, and makes one of vfork(); at the clone(2) of start_child(), which shares the
// descriptors and the memory and has a stack of its own, it gives up. Here such a child is a fork:
// what it says of its failure comes back through a pipe, whose end, at the exec, the parent waits
// for.

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
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

/// What valgrind and the script that starts it need is not for the daemon's handlers.
__attribute__((constructor)) void forget_environment()
{
    const char* const preloaded = ::getenv("LD_PRELOAD");
    if (preloaded == nullptr ||
        std::string_view(preloaded).find("vgpreload") == std::string_view::npos)
        return; // this is still the script
    for (const char* name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBCPP_FORCE_NEW",
                             "GLIBCXX_FORCE_NEW", "VALGRIND_LAUNCHER"})
        ::unsetenv(name);
}

} // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's own name
extern "C" int __clone(int (*function)(void*), void*, int, void* argument, ...)
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
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

extern "C" long syscall(long number, ...) noexcept
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
        (void)!::write(report, &plan->failure, sizeof plan->failure);
    return next_syscall(number, value[0], value[1], value[2], value[3], value[4], value[5]);
}

/// Its own program is valgrind, as far as the kernel knows; the link, when read, says another.
extern "C" int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const argv[],
                           char* const envp[])
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

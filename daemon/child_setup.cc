// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/child_setup.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/raw_call.h"

// clone(2) by the name that the thread sanitizer does not replace: its own would take the child for
// a fork and reset, in memory that is the daemon's, what it knows of the daemon's threads.
extern "C" int
__clone( // NOLINT(bugprone-reserved-identifier,readability-identifier-naming): glibc's own name
    int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace usherd::daemon {

namespace {

// The kernel's calls, not glibc's: its setuid() and kin would signal the daemon's other threads to
// follow. Where 32-bit systems have two, the plain one takes 16-bit ids.
#ifdef SYS_setuid32
constexpr long call_setuid = SYS_setuid32, call_setgid = SYS_setgid32,
               call_setgroups = SYS_setgroups32;
#else
constexpr long call_setuid = SYS_setuid, call_setgid = SYS_setgid, call_setgroups = SYS_setgroups;
#endif

/// As rt_sigaction(2) takes it. All zero: the default action, whatever the architecture's layout.
struct KernelSigaction {
    unsigned long words[8];
};
constexpr std::size_t kernel_sigset_bytes = 8;

[[noreturn]] void leave(int status) noexcept
{
    for (;;)
        raw_call(SYS_exit_group, status);
}

/// @param result of the call that failed
[[noreturn]] void fail(ChildPlan& plan, core::SpawnStage stage, long result) noexcept
{
    plan.failure.stage = stage;
    plan.failure.error_number = static_cast<int>(-result);
    // For who sees afterwards that the kernel has cleared `in_memory`.
    std::atomic_thread_fence(std::memory_order_release);
    // What xinetd's children exit with.
    leave(stage == core::SpawnStage::exec ? 0 : 1);
}

void check(ChildPlan& plan, core::SpawnStage stage, long result) noexcept
{
    if (result < 0)
        fail(plan, stage, result);
}

/// Before signals are unblocked: a handler of the daemon must not run in here.
void reset_signals(const ChildPlan& plan) noexcept
{
    const KernelSigaction by_default{};
    for (std::size_t i = 0; i < plan.signal_count; ++i)
        raw_call(SYS_rt_sigaction, plan.signals[i], &by_default, nullptr, kernel_sigset_bytes);
}

/// The new ids also make the kernel forbid this memory, the daemon's, to be traced by them. That
/// stays so: another worker's child may be right here while the daemon would lift it again.
/// @see prctl(2), PR_SET_DUMPABLE
void change_ids(ChildPlan& plan) noexcept
{
    if (plan.gid >= 0)
        check(plan, core::SpawnStage::group, raw_call(call_setgid, static_cast<gid_t>(plan.gid)));
    if (plan.groups_unknown)
        fail(plan, core::SpawnStage::groups, -ENOENT);
    if (plan.set_groups)
        check(plan, core::SpawnStage::groups,
              raw_call(call_setgroups, plan.group_count, plan.groups));
    if (plan.uid >= 0)
        check(plan, core::SpawnStage::user, raw_call(call_setuid, static_cast<uid_t>(plan.uid)));
}

/// Errors are ignored, as in xinetd: an ordinary user may not lower it.
void change_nice(int by) noexcept
{
    constexpr int lowest = -20, highest = 19, kernel_bias = 20; // getpriority(2) itself gives 1..40
    const auto biased = static_cast<int>(raw_call(SYS_getpriority, PRIO_PROCESS, 0));
    if (biased < 0)
        return;
    long wanted = static_cast<long>(kernel_bias - biased) + by;
    wanted = wanted < lowest ? lowest : wanted > highest ? highest : wanted;
    raw_call(SYS_setpriority, PRIO_PROCESS, 0, wanted);
}

void move_descriptors(ChildPlan& plan) noexcept
{
    int off = 0;
    raw_call(SYS_ioctl, plan.connection, FIONBIO, &off);
    for (int target = 0; target < 3; ++target)
        check(plan, core::SpawnStage::descriptors,
              raw_call(SYS_dup3, plan.standard[target], target, 0));
    int first_unwanted = 3;
    if (plan.passed >= 0)
        check(plan, core::SpawnStage::descriptors,
              raw_call(SYS_dup3, plan.passed, first_unwanted++, 0));
    // All of them are close-on-exec; this is for those that a library may have forgotten.
    if (plan.copy_below >= 0 && plan.close_rest)
        raw_call(SYS_close_range, first_unwanted, ~0U, 0);
}

/// What execve(2) is to make of this process: what the peer of fd 0 is, as the system that labels
/// packets or connections says.
/// @see socket(7), SO_PEERSEC; proc(5), attr/exec
void take_context_of_peer(ChildPlan& plan) noexcept
{
    char context[4096];
    socklen_t length = sizeof context;
    check(plan, core::SpawnStage::context,
          raw_call(SYS_getsockopt, 0, SOL_SOCKET, SO_PEERSEC, context, &length));
    const long file =
        raw_call(SYS_openat, AT_FDCWD, "/proc/thread-self/attr/exec", O_WRONLY | O_CLOEXEC);
    check(plan, core::SpawnStage::context, file);
    check(plan, core::SpawnStage::context, raw_call(SYS_write, file, context, length));
    raw_call(SYS_close, file);
}

/// Errors are ignored, as in xinetd: raising a hard limit takes root.
void set_limits(const ChildPlan& plan) noexcept
{
    struct KernelLimit {
        std::uint64_t soft, hard;
    };
    for (std::size_t i = 0; i < plan.limit_count; ++i) {
        const KernelLimit limit{plan.limits[i].value, plan.limits[i].value};
        raw_call(SYS_prlimit64, 0, plan.limits[i].resource, &limit, nullptr);
    }
}

void write_pid(char* digits) noexcept
{
    auto pid = static_cast<unsigned long>(raw_call(SYS_getpid));
    char reversed[24];
    int length = 0;
    do {
        reversed[length++] = static_cast<char>('0' + pid % 10);
        pid /= 10;
    } while (pid != 0);
    while (length > 0)
        *digits++ = reversed[--length];
    *digits = '\0';
}

/// The part of the daemon's table that is this child's; tells whoever waits for it.
void take_table(ChildPlan& plan) noexcept
{
    const long result = plan.copy_below < 0
                            ? 0
                            : raw_call(SYS_close_range, plan.copy_below, ~0U, CLOSE_RANGE_UNSHARE);
    const auto before = std::atomic_ref(plan.table).exchange(ChildPlan::table_own);
    const std::uint64_t one = 1;
    if (before == ChildPlan::table_waited_for && plan.told_at >= 0)
        raw_call(SYS_write, plan.told_at, &one, sizeof one);
    check(plan, core::SpawnStage::descriptors, result);
}

[[noreturn]] void run_child(ChildPlan& plan) noexcept
{
    take_table(plan); // first of all: until then every change of a descriptor is the daemon's
    reset_signals(plan);
    change_ids(plan);
    raw_call(SYS_umask, plan.umask);
    if (plan.change_nice)
        change_nice(plan.nice);
    move_descriptors(plan);
    if (plan.take_context)
        take_context_of_peer(plan);
    set_limits(plan);
    raw_call(SYS_setsid); // cannot fail: a new process leads no group
    check(plan, core::SpawnStage::directory, raw_call(SYS_chdir, "/"));
    if (plan.no_new_privs)
        check(plan, core::SpawnStage::privileges,
              raw_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (plan.pid_digits != nullptr)
        write_pid(plan.pid_digits);
    const std::uint64_t no_signals = 0;
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, kernel_sigset_bytes);
    fail(plan, core::SpawnStage::exec, raw_call(SYS_execve, plan.path, plan.argv, plan.envp));
}

int enter_child(void* plan)
{
    run_child(*static_cast<ChildPlan*>(plan));
}

/// Sleeps until the word is cleared or that time has passed. Wakes for no reason, too.
void sleep_while_in_memory(const ChildPlan& plan, std::chrono::nanoseconds longest) noexcept
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
    const timespec time{static_cast<time_t>(seconds.count()),
                        static_cast<long>((longest - seconds).count())};
    // The kernel's wake is not a private one.
    ::syscall(SYS_futex, &plan.in_memory, FUTEX_WAIT, 1, &time, nullptr, 0);
}

} // namespace

pid_t start_child(ChildPlan& plan, void* stack_top) noexcept
{
    const int share_table = plan.copy_below >= 0 ? CLONE_FILES : 0;
    return ::__clone(enter_child, stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD | share_table, &plan);
}

pid_t start_child_beside(ChildPlan& plan, void* stack_top) noexcept
{
    // Without a part to copy the kernel copies all of it, at once.
    const int share_table = plan.copy_below >= 0 ? CLONE_FILES : 0;
    if (share_table == 0)
        plan.table = ChildPlan::table_own;
    return ::__clone(enter_child, stack_top,
                     CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD | share_table, &plan, nullptr,
                     nullptr, &plan.in_memory);
}

bool has_left(ChildPlan& plan) noexcept
{
    return std::atomic_ref(plan.in_memory).load() == 0;
}

bool wait_until_left(ChildPlan& plan, std::chrono::steady_clock::time_point deadline) noexcept
{
    while (!has_left(plan)) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline)
            return false;
        sleep_while_in_memory(plan, deadline - now);
    }
    return true;
}

bool has_own_table(ChildPlan& plan) noexcept
{
    return std::atomic_ref(plan.table).load() == ChildPlan::table_own;
}

bool has_own_table_or_tells(ChildPlan& plan) noexcept
{
    std::uint32_t expected = ChildPlan::table_shared;
    return !std::atomic_ref(plan.table)
                .compare_exchange_strong(expected, ChildPlan::table_waited_for) &&
           expected == ChildPlan::table_own;
}

bool can_copy_part_of_table() noexcept
{
    // No descriptor has this number, so the question changes nothing.
    return ::syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
}

} // namespace usherd::daemon

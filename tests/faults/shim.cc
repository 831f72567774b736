// SPDX-License-Identifier: BSD-2-Clause
//
// Makes system calls of a running daemon fail (LD_PRELOAD): one slot of shared memory for each
// call, written by the test, read here before the call is made. The file that USHERD_FAULTS names
// holds the slots; the first to come fills in their names. A call fails a number of times in a row,
// or at random, with one of the errors that the test gives it.
//
// What the C library calls on its own behalf (fopen, getaddrinfo) is not seen. Calls that the
// daemon's child makes between clone and exec are raw, `child.*`: its memory is the daemon's.

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// As tests/faults/shim.py reads it: 64 bytes.
struct Slot {
    std::array<char, 24> name;
    std::atomic<std::int32_t> error;         ///< 0: none. Of `clock`: seconds ahead; of `seed`: it
    std::atomic<std::uint32_t> skip;         ///< calls that are left alone first
    std::atomic<std::uint32_t> times;        ///< calls that fail then
    std::atomic<std::uint32_t> per_million;  ///< 0: each; else so many of a million, at random
    std::atomic<std::uint32_t> seen;         ///< calls so far
    std::atomic<std::uint32_t> failed;       ///< of those
    std::atomic<std::uint32_t> microseconds; ///< that each call takes longer
    /// Where it is at random: one of these instead of `error`, up to the first zero.
    std::array<std::atomic<std::uint8_t>, 12> errors;
};
static_assert(sizeof(Slot) == 64);

constexpr std::array names{"accept4",
                           "bind",
                           "chmod",
                           "clock",
                           "clone",
                           "connect",
                           "dup3",
                           "epoll_ctl",
                           "epoll_wait",
                           "fchmod",
                           "fcntl",
                           "fstat",
                           "getpeername",
                           "getsockname",
                           "getsockopt",
                           "kill",
                           "lchown",
                           "listen",
                           "lstat",
                           "mkdir",
                           "open",
                           "opendir",
                           "pipe2",
                           "poll",
                           "pthread_create",
                           "read",
                           "read.event",
                           "readdir",
                           "readv",
                           "recv",
                           "recvfrom",
                           "recvmsg",
                           "rename",
                           "seed",
                           "send",
                           "sendmsg",
                           "sendto",
                           "setsockopt",
                           "shutdown",
                           "socket",
                           "splice",
                           "stat",
                           "unlink",
                           "wait4",
                           "write",
                           "write.event",
                           "writev",
                           "child.chdir",
                           "child.close_range",
                           "child.dup3",
                           "child.execve",
                           "child.ioctl",
                           "child.prctl",
                           "child.prlimit64",
                           "child.rt_sigaction",
                           "child.rt_sigprocmask",
                           "child.setgid",
                           "child.setgroups",
                           "child.setpriority",
                           "child.setsid",
                           "child.setuid",
                           "child.umask",
                           "child.getpriority",
                           "child.getpid",
                           "child.close",
                           "child.write"};

Slot* slots = nullptr;

__attribute__((constructor)) void attach()
{
    const char* path = std::getenv("USHERD_FAULTS");
    if (path == nullptr)
        return;
    const int fd = ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void* memory =
        ::mmap(nullptr, sizeof(Slot) * names.size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    // Servers are programs like any other: they are left alone.
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("USHERD_FAULTS");
    if (memory == MAP_FAILED)
        return;
    slots = static_cast<Slot*>(memory);
    for (std::size_t i = 0; i < names.size(); ++i)
        std::memcpy(slots[i].name.data(), names[i], std::strlen(names[i])); // shorter, see Slot
}

Slot* find(const char* name) noexcept
{
    if (slots != nullptr)
        for (std::size_t i = 0; i < names.size(); ++i)
            if (std::strcmp(names[i], name) == 0)
                return &slots[i];
    return nullptr;
}

/// Takes one from a counter; false if it is at zero.
bool take(std::atomic<std::uint32_t>& counter) noexcept
{
    auto value = counter.load();
    while (value > 0)
        if (counter.compare_exchange_weak(value, value - 1))
            return true;
    return false;
}

/// The same for the same seed, call and number of the call: a run can be repeated as far as the
/// daemon's clients do the same. (The finalizer of splitmix64.)
std::uint64_t chance(const Slot* slot, std::uint32_t number) noexcept
{
    static const Slot* const seed = find("seed");
    std::uint64_t mixed = (static_cast<std::uint64_t>(seed->error.load()) << 32 | number) +
                          static_cast<std::uint64_t>(slot - slots + 1) * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31;
}

/// One of those that this call may fail with.
int pick(const Slot* slot, std::uint64_t luck) noexcept
{
    std::size_t count = 0;
    while (count < slot->errors.size() && slot->errors[count].load() != 0)
        ++count;
    return count > 0 ? slot->errors[luck % count].load() : slot->error.load();
}

/// @return the errno that this call fails with, 0 if it is to be made
int fault(Slot* slot) noexcept
{
    if (slot == nullptr)
        return 0;
    const auto number = slot->seen.fetch_add(1);
    if (const auto delay = slot->microseconds.load(); delay > 0) {
        const timespec time{static_cast<time_t>(delay / 1000000), delay % 1000000 * 1000L};
        ::nanosleep(&time, nullptr);
    }
    int error = slot->error.load();
    if (error == 0 || take(slot->skip))
        return 0;
    if (const auto wanted = slot->per_million.load(); wanted > 0) {
        const std::uint64_t luck = chance(slot, number);
        if (luck % 1'000'000 >= wanted)
            return 0;
        error = pick(slot, luck / 1'000'000);
    }
    if (!take(slot->times))
        return 0;
    slot->failed.fetch_add(1);
    return error;
}

template <typename Function>
Function real(Function, const char* name) noexcept
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// eventfd, signalfd, timerfd and kin are no files to run out of space.
bool is_event(int fd) noexcept
{
    struct stat status {};
    return ::syscall(SYS_fstat, fd, &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

} // namespace

// NOLINTBEGIN: the names, types and exceptions of the C library
#define FAIL_WITH(name, value)                                                                     \
    static Slot* const slot = find(name);                                                          \
    if (const int error = fault(slot); error != 0) {                                               \
        errno = error;                                                                             \
        return value;                                                                              \
    }
#define WRAP(type, name, parameters, arguments)                                                    \
    extern "C" type name parameters                                                                \
    {                                                                                              \
        static const auto next = real(static_cast<type(*) parameters>(nullptr), #name);            \
        FAIL_WITH(#name, -1)                                                                       \
        return next arguments;                                                                     \
    }

WRAP(int, accept4, (int fd, sockaddr* a, socklen_t* n, int flags), (fd, a, n, flags))
WRAP(int, bind, (int fd, const sockaddr* a, socklen_t n), (fd, a, n))
WRAP(int, chmod, (const char* path, mode_t mode), (path, mode))
WRAP(int, connect, (int fd, const sockaddr* a, socklen_t n), (fd, a, n))
WRAP(int, dup3, (int from, int to, int flags), (from, to, flags))
WRAP(int, epoll_wait, (int fd, epoll_event* e, int n, int time), (fd, e, n, time))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, fstat, (int fd, struct stat* status), (fd, status))
WRAP(int, getpeername, (int fd, sockaddr* a, socklen_t* n), (fd, a, n))
WRAP(int, getsockname, (int fd, sockaddr* a, socklen_t* n), (fd, a, n))
WRAP(int, getsockopt, (int fd, int l, int o, void* v, socklen_t* n), (fd, l, o, v, n))
WRAP(int, kill, (pid_t pid, int number), (pid, number))
WRAP(int, lchown, (const char* path, uid_t u, gid_t g), (path, u, g))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, lstat, (const char* path, struct stat* status), (path, status))
WRAP(int, mkdir, (const char* path, mode_t mode), (path, mode))
WRAP(int, pipe2, (int* fds, int flags), (fds, flags))
WRAP(int, poll, (pollfd * fds, nfds_t n, int time), (fds, n, time))
WRAP(ssize_t, readv, (int fd, const iovec* v, int n), (fd, v, n))
WRAP(ssize_t, recv, (int fd, void* p, size_t n, int flags), (fd, p, n, flags))
WRAP(ssize_t, recvfrom, (int fd, void* p, size_t n, int f, sockaddr* a, socklen_t* l),
     (fd, p, n, f, a, l))
WRAP(ssize_t, recvmsg, (int fd, msghdr* m, int flags), (fd, m, flags))
WRAP(int, rename, (const char* from, const char* to), (from, to))
WRAP(ssize_t, send, (int fd, const void* p, size_t n, int flags), (fd, p, n, flags))
WRAP(ssize_t, sendmsg, (int fd, const msghdr* m, int flags), (fd, m, flags))
WRAP(ssize_t, sendto, (int fd, const void* p, size_t n, int f, const sockaddr* a, socklen_t l),
     (fd, p, n, f, a, l))
WRAP(int, setsockopt, (int fd, int l, int o, const void* v, socklen_t n), (fd, l, o, v, n))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(ssize_t, splice, (int i, off64_t* a, int o, off64_t* b, size_t n, unsigned f),
     (i, a, o, b, n, f))
WRAP(int, stat, (const char* path, struct stat* status), (path, status))
WRAP(int, unlink, (const char* path), (path))
WRAP(pid_t, wait4, (pid_t pid, int* status, int options, rusage* usage),
     (pid, status, options, usage))
WRAP(ssize_t, writev, (int fd, const iovec* v, int n), (fd, v, n))

/// The kernel needs memory to add, and not to change or to take out.
extern "C" int epoll_ctl(int fd, int op, int other, epoll_event* event)
{
    static const auto next =
        real(static_cast<int (*)(int, int, int, epoll_event*)>(nullptr), "epoll_ctl");
    if (op == EPOLL_CTL_ADD) {
        FAIL_WITH("epoll_ctl", -1)
        return next(fd, op, other, event);
    }
    return next(fd, op, other, event);
}

extern "C" DIR* opendir(const char* path)
{
    static const auto next = real(static_cast<DIR* (*)(const char*)>(nullptr), "opendir");
    FAIL_WITH("opendir", nullptr)
    return next(path);
}

extern "C" dirent* readdir(DIR* directory)
{
    static const auto next = real(static_cast<dirent* (*)(DIR*)>(nullptr), "readdir");
    FAIL_WITH("readdir", nullptr)
    return next(directory);
}

extern "C" ssize_t read(int fd, void* p, size_t n)
{
    static const auto next = real(static_cast<ssize_t (*)(int, void*, size_t)>(nullptr), "read");
    if (is_event(fd)) {
        FAIL_WITH("read.event", -1)
        return next(fd, p, n);
    }
    FAIL_WITH("read", -1)
    return next(fd, p, n);
}

extern "C" ssize_t write(int fd, const void* p, size_t n)
{
    static const auto next =
        real(static_cast<ssize_t (*)(int, const void*, size_t)>(nullptr), "write");
    if (is_event(fd)) {
        FAIL_WITH("write.event", -1)
        return next(fd, p, n);
    }
    FAIL_WITH("write", -1)
    return next(fd, p, n);
}

extern "C" int open(const char* path, int flags, ...)
{
    static const auto next = real(static_cast<int (*)(const char*, int, ...)>(nullptr), "open");
    va_list more;
    va_start(more, flags);
    const auto mode = va_arg(more, mode_t);
    va_end(more);
    FAIL_WITH("open", -1)
    return next(path, flags, mode);
}

extern "C" int fcntl(int fd, int command, ...)
{
    static const auto next = real(static_cast<int (*)(int, int, ...)>(nullptr), "fcntl");
    va_list more;
    va_start(more, command);
    void* argument = va_arg(more, void*);
    va_end(more);
    FAIL_WITH("fcntl", -1)
    return next(fd, command, argument);
}

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*body)(void*), void* argument)
{
    static const auto next = real(
        static_cast<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(nullptr),
        "pthread_create");
    static Slot* const slot = find("pthread_create");
    if (const int error = fault(slot); error != 0)
        return error;
    return next(thread, attributes, body, argument);
}

extern "C" int __clone(int (*body)(void*), void* stack, int flags, void* argument, ...)
{
    static const auto next =
        real(static_cast<int (*)(int (*)(void*), void*, int, void*, ...)>(nullptr), "__clone");
    FAIL_WITH("clone", -1)
    va_list more;
    va_start(more, argument);
    void* const parent_tid = va_arg(more, void*);
    void* const tls = va_arg(more, void*);
    void* const child_tid = va_arg(more, void*);
    va_end(more);
    return next(body, stack, flags, argument, parent_tid, tls, child_tid);
}

/// Asked between clone and exec: no lock, no allocation, no dlsym, and the errno is the daemon's.
extern "C" int usherd_child_fault(long number)
{
    struct Raw {
        long number;
        const char* name;
    };
    static constexpr std::array<Raw, 19> raws{{{SYS_chdir, "child.chdir"},
                                               {SYS_close_range, "child.close_range"},
                                               {SYS_dup3, "child.dup3"},
                                               {SYS_execve, "child.execve"},
                                               {SYS_ioctl, "child.ioctl"},
                                               {SYS_prctl, "child.prctl"},
                                               {SYS_prlimit64, "child.prlimit64"},
                                               {SYS_rt_sigaction, "child.rt_sigaction"},
                                               {SYS_rt_sigprocmask, "child.rt_sigprocmask"},
                                               {SYS_setgid, "child.setgid"},
                                               {SYS_setgroups, "child.setgroups"},
                                               {SYS_setpriority, "child.setpriority"},
                                               {SYS_setsid, "child.setsid"},
                                               {SYS_setuid, "child.setuid"},
                                               {SYS_umask, "child.umask"},
                                               {SYS_getpriority, "child.getpriority"},
                                               {SYS_getpid, "child.getpid"},
                                               {SYS_close, "child.close"},
                                               {SYS_write, "child.write"}}};
    const int before = errno;
    int error = 0;
    for (const Raw& raw : raws)
        if (raw.number == number)
            error = fault(find(raw.name));
    errno = before;
    return error;
}

/// A clock that somebody has set: ahead by the seconds in the slot.
extern "C" int clock_gettime(clockid_t which, timespec* time)
{
    static const auto next =
        real(static_cast<int (*)(clockid_t, timespec*)>(nullptr), "clock_gettime");
    static Slot* const slot = find("clock");
    const int result = next(which, time);
    if (result == 0 && which == CLOCK_REALTIME && slot != nullptr)
        time->tv_sec += slot->error.load();
    return result;
}

extern "C" time_t time(time_t* out)
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != nullptr)
        *out = now.tv_sec;
    return now.tv_sec;
}
// NOLINTEND

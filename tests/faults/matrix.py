# SPDX-License-Identifier: BSD-2-Clause
#
# Which errors each system call may return where the daemon makes it. A call that a path makes and
# that stands in none of the tables fails the tests.

# As the manual pages of section 2 have them, without EBADF, EFAULT, EINVAL, ENOTSOCK: those are
# mistakes of the caller.
ERRORS = {
    "accept4": ("ECONNABORTED", "EINTR", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM", "EPROTO",
                "ENETDOWN"),
    "bind": ("EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EROFS"),
    "chmod": ("EPERM", "EIO"),
    "fchmod": ("EPERM", "EIO"),
    "clone": ("EAGAIN", "ENOMEM", "ENOSPC"),
    "connect": ("EAGAIN", "ECONNREFUSED", "EADDRNOTAVAIL", "EACCES", "ENETUNREACH", "EINTR"),
    "dup3": ("EBUSY", "EINTR", "EMFILE"),
    "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "epoll_wait": ("EINTR",),
    "fcntl": ("EMFILE", "EINTR"),
    "fstat": ("ENOMEM", "EIO"),
    "getpeername": ("ENOBUFS", "ENOTCONN"),
    "getsockname": ("ENOBUFS",),
    "getsockopt": ("ENOMEM",),
    "kill": ("EPERM", "ESRCH"),
    "lchown": ("EPERM", "EIO"),
    "listen": ("EADDRINUSE",),
    "lstat": ("EACCES", "ENOMEM"),
    "mkdir": ("EACCES", "ENOSPC"),
    "open": ("EACCES", "EINTR", "EMFILE", "ENFILE", "ENOMEM", "ENOSPC"),
    "opendir": ("EACCES", "EMFILE", "ENFILE", "ENOMEM"),
    "pipe2": ("EMFILE", "ENFILE"),
    "poll": ("EINTR", "ENOMEM"),
    "pthread_create": ("EAGAIN",),
    "read": ("EAGAIN", "EINTR", "EIO"),
    "read.event": ("EAGAIN", "EINTR"),
    "readdir": ("EIO",),
    "readv": ("ECONNRESET", "EINTR", "EAGAIN"),
    "recv": ("ECONNRESET", "EINTR", "ENOMEM", "EAGAIN"),
    "recvfrom": ("ECONNREFUSED", "EINTR", "ENOMEM"),
    "recvmsg": ("ECONNRESET", "EINTR", "ENOMEM"),
    "rename": ("EACCES", "ENOSPC"),
    "send": ("EAGAIN", "ECONNRESET", "EINTR", "ENOBUFS", "ENOMEM", "EPIPE"),
    "sendmsg": ("EAGAIN", "EINTR", "ENOBUFS", "ENOMEM"),
    "sendto": ("EAGAIN", "EACCES", "ENOBUFS", "ENOMEM", "EPERM", "EHOSTUNREACH"),
    "setsockopt": ("ENOMEM", "EPERM"),
    "socket": ("EACCES", "EAFNOSUPPORT", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"),
    # The manual has ENOTCONN alone, and then reading tells that the connection is over. Any other
    # stands for a connection whose end cannot be told.
    "shutdown": ("ENOTCONN", "ENOBUFS"),
    "splice": ("EAGAIN", "ENOMEM", "ECONNRESET", "EPIPE"),
    "stat": ("EACCES", "ENOENT", "ENOMEM"),
    "unlink": ("EACCES", "EROFS"),
    "wait4": ("EINTR",),
    "write": ("EAGAIN", "EINTR", "EIO", "ENOSPC", "EDQUOT", "EFBIG"),
    "writev": ("EAGAIN", "ECONNRESET", "EINTR", "ENOMEM", "EPIPE"),
    "child.chdir": ("EACCES", "EIO"),
    "child.close_range": ("EMFILE", "ENOMEM"),
    "child.dup3": ("EBUSY", "EINTR", "EMFILE"),
    "child.execve": ("EACCES", "EAGAIN", "ENOENT", "ENOMEM", "ETXTBSY"),
    "child.ioctl": ("ENOTTY",),
    "child.prctl": ("EINVAL",),
    "child.prlimit64": ("EPERM",),
    "child.setgid": ("EPERM", "EAGAIN"),
    "child.setgroups": ("ENOMEM", "EPERM"),
    "child.setpriority": ("EACCES", "EPERM"),
    "child.setuid": ("EAGAIN", "EPERM"),
    "child.write": ("EINTR",),
}

# Tested with every error on the path `program`, elsewhere with the first alone.
COMMON = {"accept4", "clone", "dup3", "epoll_ctl", "epoll_wait", "fcntl", "fstat", "getsockname",
          "pipe2", "read", "read.event", "recvmsg", "sendmsg", "stat", "wait4", "write"} | {call for call in ERRORS if call.startswith("child.")}
# Of these, only there.
ONCE = {"child.chdir", "child.close_range", "child.execve", "child.ioctl", "child.prctl",
        "child.prlimit64", "child.setgid", "child.setgroups", "child.setpriority", "child.setuid"}


def errors_of(path, call):
    if path == "program" or call not in COMMON:
        return ERRORS.get(call, ())
    return () if call in ONCE else ERRORS[call][:1]


# One visit makes these more than once, and each means something else: the second and so on are made
# to fail, too, with these errors.
AGAIN = {"splice": (10, ("ENOMEM", "ECONNRESET", "EPIPE")), "shutdown": (2, ("ENOBUFS",)),
         "epoll_ctl": (6, ("ENOMEM",))}


def turns_of(path, call, made):
    """(error, how many calls succeed before it), for a call that one visit makes so often."""
    rows = [(error, 0) for error in errors_of(path, call)]
    most, errors = AGAIN.get(call, (1, ()))
    return rows + [(error, skip) for skip in range(1, min(made, most)) for error in errors]


# Made on these paths and not made to fail, with the reason.
EXCUSED = {
    "child.close": "closes, whatever it returns",
    "child.getpid": "cannot fail",
    "child.getpriority": "of itself, it cannot fail",
    "child.rt_sigaction": "on valid arguments it cannot fail",
    "child.rt_sigprocmask": "on valid arguments it cannot fail",
    "child.setsid": "of a new process it cannot fail",
    "child.umask": "cannot fail",
    "clock": "not a system call",
    "write.event": "adds to a counter that is far from its end: cannot fail",
}

# The kernel's names, as strace tells them, for what the shim knows by the C library's.
KERNEL = {
    "newfstatat": "stat", "fstat": "fstat", "stat": "stat", "lstat": "lstat", "openat": "open",
    "getdents64": "readdir", "sendto": "send", "recvfrom": "recv", "clone": "clone",
    "clone3": "pthread_create", "execve": "child.execve", "close_range": "child.close_range",
    "chdir": "child.chdir", "ioctl": "child.ioctl", "prlimit64": "child.prlimit64",
    "setgid": "child.setgid", "setgroups": "child.setgroups", "setuid": "child.setuid",
    "setpriority": "child.setpriority",
}

# What the C library and the kernel do on their own: nobody sees an error of these.
UNSEEN = {
    "access": "looks; its errors are those of open",
    "arch_prctl": "a program's start", "brk": "memory",
    "close": "closes, whatever it returns", "exit": "a thread's end", "exit_group": "the end",
    "futex": "cannot fail in a mutex", "geteuid": "cannot fail", "getegid": "cannot fail",
    "getgid": "cannot fail", "getuid": "cannot fail", "getpid": "cannot fail",
    "getresuid": "cannot fail", "getresgid": "cannot fail", "getgroups": "cannot fail",
    "gettid": "cannot fail", "getpriority": "cannot fail", "getrandom": "a program's start",
    "lseek": "of an open file", "madvise": "advice", "mmap": "memory", "mprotect": "memory",
    "mremap": "memory", "munmap": "memory", "readlink": "a program's start",
    "restart_syscall": "after a stop", "rseq": "a thread's start",
    "rt_sigaction": "cannot fail", "rt_sigprocmask": "cannot fail", "rt_sigreturn": "a signal",
    "sched_yield": "cannot fail", "set_robust_list": "a thread's start",
    "set_tid_address": "a program's start", "setsid": "cannot fail", "umask": "cannot fail",
    "uname": "cannot fail", "clock_nanosleep": "the shim's", "nanosleep": "the shim's",
    "sigaltstack": "a sanitizer's", "tgkill": "a sanitizer's", "pread64": "a program's start",
    "prctl": "a name", "timerfd_settime": "cannot fail", "getcwd": "a program's start",
    "sysinfo": "cannot fail", "sched_getaffinity": "cannot fail",
}

// SPDX-License-Identifier: BSD-2-Clause
//
// System calls of a child that shares the daemon's memory. glibc's wrappers write errno, which is a
// variable of the daemon's own thread: a child beside a daemon that runs on may not touch it. Here
// an error is the value itself, as the kernel gives it.

#pragma once

#include <cerrno>
#include <unistd.h>

/// What tests make a call of a child fail with: 0, or an errno. Nobody defines it but a library
/// that they preload (tests/faults/shim.cc).
extern "C" [[gnu::weak]] int usherd_child_fault(long number);

namespace usherd::daemon {

// USHERD_LIBRARY_CALLS: for tools that look into the library's (scripts/valgrind.sh).
#if defined(__x86_64__) && !defined(USHERD_LIBRARY_CALLS)

inline constexpr bool raw_calls_keep_errno = true;

inline long kernel_call(long number, long a, long b, long c, long d, long e) noexcept
{
    long result = number;
    register long fourth asm("r10") = d;
    register long fifth asm("r8") = e;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                 : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__) && !defined(USHERD_LIBRARY_CALLS)

inline constexpr bool raw_calls_keep_errno = true;

inline long kernel_call(long number, long a, long b, long c, long d, long e) noexcept
{
    register long called asm("x8") = number;
    register long first asm("x0") = a;
    register long second asm("x1") = b;
    register long third asm("x2") = c;
    register long fourth asm("x3") = d;
    register long fifth asm("x4") = e;
    asm volatile("svc #0"
                 : "+r"(first)
                 : "r"(called), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
                 : "memory");
    return first;
}

#else

/// Here children are made only by a thread that sleeps until they have executed.
inline constexpr bool raw_calls_keep_errno = false;

inline long kernel_call(long number, long a, long b, long c, long d, long e) noexcept
{
    const long result = ::syscall(number, a, b, c, d, e);
    return result < 0 ? -errno : result;
}

#endif

template <typename Value>
long as_word(Value value) noexcept
{
    return static_cast<long>(value);
}
template <typename Pointee>
long as_word(Pointee* pointer) noexcept
{
    return reinterpret_cast<long>(pointer);
}
inline long as_word(decltype(nullptr)) noexcept
{
    return 0;
}

/// @return what the call returns; on failure its errno, negative
/// @see syscalls(2); intro(2)
template <typename... Arguments>
long raw_call(long number, Arguments... arguments) noexcept
{
    static_assert(sizeof...(Arguments) <= 5);
    if (usherd_child_fault != nullptr)
        if (const int error = usherd_child_fault(number); error != 0)
            return -error;
    const long words[5] = {as_word(arguments)...};
    return kernel_call(number, words[0], words[1], words[2], words[3], words[4]);
}

} // namespace usherd::daemon

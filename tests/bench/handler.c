/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The handler that every server of the bench starts: writes 3 bytes and exits. No C library where
 * we know the system calls, so that starting it costs as little as starting a program can.
 *
 * With USHERD_BENCH_HOLD it writes the first byte, waits until the client has shut down sending,
 * writes the other two and exits: so many of them run as clients are silent.
 */

#if defined(__x86_64__)

static long call(long number, long first, long second, long third)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}
enum { number_read = 0, number_write = 1, number_exit = 60 };
#define USHERD_BARE 1

#elif defined(__aarch64__)

static long call(long number, long first, long second, long third)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { number_read = 63, number_write = 64, number_exit = 93 };
#define USHERD_BARE 1

#endif

#ifdef USHERD_BARE

void _start(void);
void _start(void)
{
#ifdef USHERD_BENCH_HOLD
    char byte;
    call(number_write, 1, (long)"o", 1);
    call(number_read, 0, (long)&byte, 1);
    call(number_write, 1, (long)"k\n", 2);
#else
    call(number_write, 1, (long)"ok\n", 3);
#endif
    call(number_exit, 0, 0, 0);
    __builtin_unreachable();
}

#else

#include <unistd.h>

int main(void)
{
#ifdef USHERD_BENCH_HOLD
    char byte;
    if (write(1, "o", 1) != 1 || read(0, &byte, 1) < 0)
        _exit(1);
    _exit(write(1, "k\n", 2) == 2 ? 0 : 1);
#else
    _exit(write(1, "ok\n", 3) == 3 ? 0 : 1);
#endif
}

#endif

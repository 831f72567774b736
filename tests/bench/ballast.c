/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preloaded into a server: makes its memory so many megabytes larger before it starts, each page
 * written once, so that what grows with the size of a process shows. Handlers are static and know
 * nothing of it.
 * environment: USHERD_BENCH_BALLAST, MiB
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

__attribute__((constructor)) static void take_ballast(void)
{
    const char* const wanted = getenv("USHERD_BENCH_BALLAST");
    const size_t bytes = wanted ? strtoul(wanted, NULL, 10) << 20 : 0;
    char* memory;
    if (bytes == 0)
        return;
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    madvise(memory, bytes, MADV_NOHUGEPAGE); /* small pages: as a heap of small things has them */
    memset(memory, 1, bytes);
    unsetenv("USHERD_BENCH_BALLAST");
    unsetenv("LD_PRELOAD");
}

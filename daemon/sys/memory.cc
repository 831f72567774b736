// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/memory.h"

#include <malloc.h>

namespace usherd::sys {

void use_one_heap() noexcept
{
#ifdef __GLIBC__
    (void)::mallopt(M_ARENA_MAX, 1);
#endif
}

void return_free_memory() noexcept
{
#ifdef __GLIBC__
    (void)::malloc_trim(0);
#endif
}

} // namespace usherd::sys

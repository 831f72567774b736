// SPDX-License-Identifier: BSD-2-Clause
//
// The C library's heap. Where it is not glibc's, both do nothing.

#pragma once

namespace usherd::sys {

/// One heap for all threads, from now on: what one thread has freed (a configuration that was read
/// for a reload) another can use. glibc would give each thread its own, and the daemon would hold
/// two configurations' worth of memory after its first reload. Before threads that allocate.
void use_one_heap() noexcept;
/// Gives back to the kernel what has been freed. Takes time with the size of the heap: for after a
/// load, not for each client.
void return_free_memory() noexcept;

} // namespace usherd::sys

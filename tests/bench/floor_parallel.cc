// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: the same loop in several threads on one listening socket, as many as there are
// processors. While one sleeps in its vfork, another accepts.
// usage: usherd-floor-parallel PORT PROGRAM THREADS

#include <cstdlib>
#include <thread>

#include "tests/bench/floor.h"

namespace bench = usherd::bench;

int main(int argc, char** argv)
{
    const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
    if (threads < 1)
        return EXIT_FAILURE;
    const int listener = bench::listen_on(argv[1]);
    bench::let_kernel_reap();
    for (int i = 1; i < threads; ++i)
        std::thread(bench::accept_and_spawn, listener, argv[2]).detach();
    bench::accept_and_spawn(listener, argv[2]);
}

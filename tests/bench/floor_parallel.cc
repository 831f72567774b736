// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: the same loop in several threads on one listening socket, as many as usherd has spawn
// workers. While one sleeps in its vfork, another accepts.
// usage: usherd-floor-parallel PORT PROGRAM THREADS

#include <cstdlib>
#include <thread>

#include "tests/bench/floor.h"

int main(int argc, char** argv)
{
    using namespace usherd::bench;
    const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
    if (threads < 1)
        return EXIT_FAILURE;
    const int listener = listen_on(argv[1]);
    let_kernel_reap();
    for (int i = 1; i < threads; ++i)
        std::thread(accept_and_spawn, listener, argv[2]).detach();
    accept_and_spawn(listener, argv[2]);
}

// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: one thread that accepts, starts the program and sleeps until it has been executed.
// usage: usherd-floor-vfork PORT PROGRAM

#include <cstdlib>

#include "tests/bench/floor.h"

namespace bench = usherd::bench;

int main(int argc, char** argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    const int listener = bench::listen_on(argv[1]);
    bench::let_kernel_reap();
    bench::accept_and_spawn(listener, argv[2]);
}

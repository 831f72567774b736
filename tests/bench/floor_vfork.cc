// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: one thread that accepts, starts the program and sleeps until it has been executed.
// usage: usherd-floor-vfork PORT PROGRAM

#include <cstdlib>

#include "tests/bench/floor.h"

int main(int argc, char** argv)
{
    using namespace usherd::bench;
    if (argc != 3)
        return EXIT_FAILURE;
    const int listener = listen_on(argv[1]);
    let_kernel_reap();
    accept_and_spawn(listener, argv[2]);
}

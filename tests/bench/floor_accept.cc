// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: accepts, answers so many bytes (0: none, as to a refused client) and closes, without a
// process.
// usage: usherd-floor-accept PORT BYTES

#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/floor.h"

namespace bench = usherd::bench;

int main(int argc, char** argv)
{
    static char answer[4096];
    const int bytes = argc == 3 ? std::atoi(argv[2]) : -1;
    if (bytes < 0 || bytes > static_cast<int>(sizeof answer))
        return EXIT_FAILURE;
    std::memset(answer, 'x', sizeof answer);
    const int listener = bench::listen_on(argv[1]);
    for (;;) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0)
            continue;
        if (bytes > 0)
            send(connection, answer, static_cast<std::size_t>(bytes), MSG_NOSIGNAL);
        close(connection);
    }
}

// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: sends every datagram back, one at a time.
// usage: usherd-floor-echo PORT

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>

int main(int argc, char** argv)
{
    const int port = argc == 2 ? std::atoi(argv[1]) : 0;
    const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(static_cast<std::uint16_t>(port));
    if (bind(socket_fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
        std::perror("bind");
        return EXIT_FAILURE;
    }
    static std::array<char, 65536> datagram;
    for (;;) {
        sockaddr_in from{};
        socklen_t length = sizeof from;
        auto* const source = reinterpret_cast<sockaddr*>(&from);
        const auto got = recvfrom(socket_fd, datagram.data(), datagram.size(), 0, source, &length);
        if (got >= 0)
            sendto(socket_fd, datagram.data(), static_cast<std::size_t>(got), 0, source, length);
    }
}

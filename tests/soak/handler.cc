// SPDX-License-Identifier: BSD-2-Clause
//
// The servers of the soak, in one static program that starts quickly:
//   hello      a line, and the end
//   complain   the same, and a line on standard error
//   hold       its pid, then it stays until the client closes
//   datagram   answers one datagram on fd 0 with itself (wait = yes)
//   accept     accepts on fd 0 for itself, a line to each; ends after 300 ms without a client

#include <array>
#include <cstdio>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr int idle_milliseconds = 300;

int say(int fd, std::string_view text)
{
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

int hold()
{
    if (say(STDOUT_FILENO, std::to_string(::getpid()) + '\n') != 0)
        return 1;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}

int answer_datagram()
{
    std::array<char, 2048> data;
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const ssize_t got = ::recvfrom(STDIN_FILENO, data.data(), data.size(), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&peer), &length);
    if (got < 0)
        return 1;
    return ::sendto(STDIN_FILENO, data.data(), static_cast<std::size_t>(got), 0,
                    reinterpret_cast<const sockaddr*>(&peer), length) == got
               ? 0
               : 1;
}

int accept_for_itself()
{
    for (;;) {
        pollfd ready{STDIN_FILENO, POLLIN, 0};
        if (::poll(&ready, 1, idle_milliseconds) <= 0)
            return 0;
        const int client = ::accept(STDIN_FILENO, nullptr, nullptr);
        if (client < 0)
            continue;
        (void)say(client, "hello\n");
        ::close(client);
    }
}

} // namespace

int main(int argc, char** argv)
{
    const std::string_view mode = argc == 2 ? argv[1] : "";
    if (mode == "complain")
        (void)say(STDERR_FILENO, "the soak's handler complains\n");
    if (mode == "hello" || mode == "complain")
        return say(STDOUT_FILENO, "hello\n");
    if (mode == "hold")
        return hold();
    if (mode == "datagram")
        return answer_datagram();
    if (mode == "accept")
        return accept_for_itself();
    std::fputs("usage: usherd-soak-handler hello|complain|hold|datagram|accept\n", stderr);
    return 2;
}

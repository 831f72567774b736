// SPDX-License-Identifier: BSD-2-Clause
//
// The accept-and-spawn loop of the floors.

#include "tests/bench/floor.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usherd::bench {

namespace {

struct Child {
    int connection;
    const char* program;
};

int run_child(void* argument)
{
    const auto* const child = static_cast<const Child*>(argument);
    dup2(child->connection, 0);
    dup2(child->connection, 1);
    dup2(child->connection, 2);
    char* const argv[] = {const_cast<char*>(child->program), nullptr};
    char* const envp[] = {nullptr};
    execve(child->program, argv, envp);
    _exit(127);
}

[[noreturn]] void give_up(const char* what)
{
    std::perror(what);
    std::exit(EXIT_FAILURE);
}

} // namespace

int listen_on(const char* port)
{
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        give_up("bind");
    if (listen(listener, 65535) != 0)
        give_up("listen");
    return listener;
}

void let_kernel_reap()
{
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, nullptr);
}

void accept_and_spawn(int listener, const char* program)
{
    alignas(16) std::array<char, 16384> stack;
    for (;;) {
        Child child{accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), program};
        if (child.connection < 0)
            continue;
        clone(run_child, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
        close(child.connection);
    }
}

} // namespace usherd::bench

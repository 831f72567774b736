// SPDX-License-Identifier: BSD-2-Clause
//
// The accept-and-spawn loop of the floors, and the duties of some.

#include "tests/bench/floor.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usherd::bench {

namespace {

struct Child {
    int connection;
    const char* program;
};

const std::array<const char*, 13> variables{"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                            "LANG=C.UTF-8",
                                            "REMOTE_HOST=127.100.100.100",
                                            "REMOTE_ADDR=127.100.100.100",
                                            "REMOTE_PORT=50000",
                                            "LOCAL_ADDR=127.0.0.1",
                                            "LOCAL_PORT=7000",
                                            "PROTO=TCP",
                                            "TCPREMOTEIP=127.100.100.100",
                                            "TCPREMOTEPORT=50000",
                                            "TCPLOCALIP=127.0.0.1",
                                            "TCPLOCALPORT=7000",
                                            nullptr};

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

void execute_with_duties(const char* program)
{
    umask(022);
    const rlimit files{4096, 4096};
    setrlimit(RLIMIT_NOFILE, &files);
    setsid();
    if (chdir("/") != 0)
        _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char* const argv[] = {const_cast<char*>(program), nullptr};
    execve(program, argv, const_cast<char* const*>(variables.data()));
    _exit(127);
}

} // namespace usherd::bench

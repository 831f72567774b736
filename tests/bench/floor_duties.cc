// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: the parallel loop with the duties that xinetd's users rely on and the other floors leave
// out: the child gets a session of its own, only the descriptors it shall have, the handler's
// umask, limits, directory and signal mask, and a dozen variables; exits are collected with their
// usage by a thread of their own. No decisions, no log, no table of handlers.
// usage: usherd-floor-duties PORT PROGRAM THREADS

#include <array>
#include <csignal>
#include <cstdlib>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/bench/floor.h"

namespace bench = usherd::bench;

namespace {

struct Child {
    int connection;
    const char* program;
};

int run_child(void* argument)
{
    const auto* const child = static_cast<const Child*>(argument);
    for (int target = 0; target < 3; ++target)
        dup2(child->connection, target);
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_UNSHARE); // a copy of the first three only
    bench::execute_with_duties(child->program);
}

[[noreturn]] void serve(int listener, const char* program)
{
    alignas(16) std::array<char, 16384> stack;
    for (;;) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        auto* const generic = reinterpret_cast<sockaddr*>(&peer);
        Child child{accept4(listener, generic, &size, SOCK_CLOEXEC), program};
        if (child.connection < 0)
            continue;
        clone(run_child, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
        close(child.connection);
    }
}

[[noreturn]] void collect_exits()
{
    for (;;) {
        rusage usage{};
        int status = 0;
        if (wait4(-1, &status, 0, &usage) < 0)
            usleep(1000); // no children at the moment
    }
}

} // namespace

int main(int argc, char** argv)
{
    const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
    if (threads < 1)
        return EXIT_FAILURE;
    const int listener = bench::listen_on(argv[1]);
    std::thread(collect_exits).detach();
    for (int i = 1; i < threads; ++i)
        std::thread(serve, listener, argv[2]).detach();
    serve(listener, argv[2]);
}

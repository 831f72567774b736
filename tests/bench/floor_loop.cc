// SPDX-License-Identifier: BSD-2-Clause
//
// Floor: an event loop that makes the system calls which usherd makes for a connection, in that
// order, and does nothing else: no decisions, no counts, no log, no table of handlers. Children are
// made beside it, by clone without waiting for their exec, and have the duties of floor-duties.
// What usherd has over it is its own work; what it has over floor-vfork is the way.
// usage: usherd-floor-loop PORT PROGRAM

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/floor.h"

namespace bench = usherd::bench;

namespace {

enum class Table : std::uint32_t { shared, own, waited_for };

/// Room for a child on its way from clone to exec.
struct Place {
    int reserved = -1;            ///< a low number, where the child finds its connection
    int connection = -1;          ///< here, until the child has a descriptor table of its own
    std::atomic<Table> table{};   ///< the child's, or the loop's and whether it wants to be told
    std::atomic<int> in_memory{}; ///< the kernel clears it when the child has left
    alignas(16) std::array<char, 16384> stack{};
};

constexpr int first_place = 4;
std::array<Place, 16> places;
int told_at = -1;
int null = -1;
const char* program = nullptr;

int run_child(void* argument)
{
    auto& place = *static_cast<Place*>(argument);
    syscall(SYS_close_range, place.reserved + 1, ~0U, CLOSE_RANGE_UNSHARE);
    if (place.table.exchange(Table::own) == Table::waited_for)
        eventfd_write(told_at, 1);
    for (int target = 0; target < 3; ++target)
        dup2(place.reserved, target);
    syscall(SYS_close_range, 3, ~0U, 0);
    bench::execute_with_duties(program);
}

void let_go(Place& place)
{
    dup3(null, place.reserved, O_CLOEXEC);
    close(place.connection);
    place.connection = -1;
}

/// @param last look of this turn: children that have no table of their own yet will tell
void look(bool last)
{
    for (Place& place : places) {
        if (place.connection < 0)
            continue;
        Table expected = Table::shared;
        if (place.table == Table::own ||
            (last && !place.table.compare_exchange_strong(expected, Table::waited_for) &&
             expected == Table::own))
            let_go(place);
    }
}

Place& free_place()
{
    for (;;) {
        for (Place& place : places)
            if (place.connection < 0 && place.in_memory == 0)
                return place;
        sched_yield();
        look(false);
    }
}

void serve_one(int listener)
{
    sockaddr_storage peer{};
    sockaddr_storage local{};
    socklen_t size = sizeof peer;
    const int connection =
        accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    if (connection < 0)
        return;
    struct stat rules {};
    stat("/etc/hosts.allow", &rules);
    stat("/etc/hosts.deny", &rules);
    size = sizeof local;
    getsockname(connection, reinterpret_cast<sockaddr*>(&local), &size);
    Place& place = free_place();
    dup3(connection, place.reserved, O_CLOEXEC);
    place.connection = connection;
    place.table = Table::shared;
    place.in_memory = 1;
    clone(run_child, place.stack.data() + place.stack.size(),
          CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD, &place, nullptr, nullptr,
          &place.in_memory);
    if (place.table != Table::own)
        sched_yield();
}

void collect_exits(int signals)
{
    signalfd_siginfo info;
    (void)!read(signals, &info, sizeof info);
    rusage usage{};
    int status = 0;
    while (wait4(-1, &status, WNOHANG, &usage) > 0)
        continue;
}

void watch(int epoll, int descriptor)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int signals_of_children()
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// The low numbers first: a child copies all up to its connection's.
void reserve_places()
{
    told_at = fcntl(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), F_DUPFD_CLOEXEC, 3);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (Place& place : places)
        place.reserved = fcntl(null, F_DUPFD_CLOEXEC, first_place);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    program = argv[2];
    reserve_places();
    const int listener = bench::listen_on(argv[1]);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    const int signals = signals_of_children();
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (const int descriptor : {listener, signals, told_at})
        watch(epoll, descriptor);
    for (;;) {
        std::array<epoll_event, 32> events{};
        const int count = epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            eventfd_t times = 0;
            if (events[i].data.fd == listener)
                serve_one(listener);
            else if (events[i].data.fd == signals)
                collect_exits(signals);
            else
                eventfd_read(told_at, &times);
        }
        look(true);
    }
}

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/spawn_place.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace usherd::daemon {

namespace {

constexpr std::size_t stack_bytes = std::size_t{64} * 1024;
constexpr std::string_view listen_pid_prefix = "LISTEN_PID=";

std::size_t page_bytes() noexcept
{
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// @return 0 or errno
int put(int fd, int place) noexcept
{
    int placed = -1;
    do {
        placed = ::dup3(fd, place, O_CLOEXEC);
    } while (placed < 0 && (errno == EINTR || errno == EBUSY)); // EBUSY: a race with open(2)
    return placed < 0 ? errno : 0;
}

/// A number above 3, whatever `fd` is, and close-on-exec. Throws std::system_error.
sys::UniqueFd duplicate_high(int fd)
{
    constexpr int above_targets = 4;
    sys::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, above_targets));
    if (!copy)
        throw std::system_error(errno, std::generic_category(), "fcntl F_DUPFD_CLOEXEC");
    return copy;
}

/// The same for a descriptor that `call` has just opened, or not.
sys::UniqueFd moved_high(int fd, const char* call)
{
    const sys::UniqueFd opened(fd);
    if (!opened)
        throw std::system_error(errno, std::generic_category(), call);
    return duplicate_high(fd);
}

/// The handler's fd 0, 1 and 2. One that finds its socket at fd 3 alone has no client to write to.
void choose_standard(ChildPlan& plan, const core::SpawnTemplate& base, int null, int stderr_fd)
{
    const bool as_standard = base.pass_fds != config::PassFds::systemd;
    plan.standard[0] = plan.standard[1] = as_standard ? plan.connection : null;
    if (base.stderr_target == config::StderrTarget::log && stderr_fd >= 0)
        plan.standard[2] = stderr_fd;
    else if (base.stderr_target == config::StderrTarget::client)
        plan.standard[2] = plan.standard[1];
    else
        plan.standard[2] = null;
}

} // namespace

Inheritance read_inheritance()
{
    Inheritance found;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        struct sigaction action {};
        // Fails for the numbers that the C library keeps for itself.
        if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL)
            found.signals.push_back(static_cast<std::uint8_t>(signal));
    }
    uid_t uids[3];
    if (::getresuid(&uids[0], &uids[1], &uids[2]) == 0 && uids[0] == uids[1] && uids[1] == uids[2])
        found.uid = uids[0];
    gid_t gids[3];
    if (::getresgid(&gids[0], &gids[1], &gids[2]) == 0 && gids[0] == gids[1] && gids[1] == gids[2])
        found.gid = gids[0];
    found.has_groups = ::getgroups(0, nullptr) != 0;
    return found;
}

ChildStack::ChildStack()
    : memory_(::mmap(nullptr, stack_bytes + page_bytes(), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0))
{
    if (memory_ == MAP_FAILED)
        throw std::bad_alloc();
    ::mprotect(memory_, page_bytes(), PROT_NONE);
}

ChildStack::~ChildStack()
{
    ::munmap(memory_, stack_bytes + page_bytes());
}

void* ChildStack::top() const noexcept
{
    return static_cast<char*>(memory_) + page_bytes() + stack_bytes;
}

SpawnPlace::SpawnPlace(const SpawnCommons& commons)
    : commons_(commons), connection_place_(duplicate_high(commons.null.get())),
      stderr_place_(duplicate_high(commons.null.get()))
{
    std::copy(listen_pid_prefix.begin(), listen_pid_prefix.end(), listen_pid_.begin());
}

/// @return 0, or why there is nothing in one of the places: then nobody must be started
int SpawnPlace::place_descriptors(const LaunchRequest& request, ChildPlan& plan) noexcept
{
    const int socket = request.connection ? request.connection.get() : request.borrowed;
    if (const int error = put(socket, connection_place_.get()); error != 0)
        return error;
    plan.connection = connection_place_.get();
    int stderr_fd = -1;
    if (request.stderr_fd) {
        if (const int error = put(request.stderr_fd.get(), stderr_place_.get()); error != 0)
            return error;
        stderr_fd = stderr_place_.get();
    }
    const core::SpawnTemplate& base = *request.plan.base;
    choose_standard(plan, base, commons_.null.get(), stderr_fd);
    if (base.pass_fds != config::PassFds::inetd)
        plan.passed = plan.connection;
    plan.told_at = commons_.copied.get();
    if (commons_.copy_part)
        plan.copy_below =
            1 + std::max({plan.standard[0], plan.standard[2], plan.connection, plan.told_at});
    plan.close_rest = commons_.close_rest;
    return 0;
}

void SpawnPlace::clear(const LaunchRequest& request) noexcept
{
    (void)put(commons_.null.get(), connection_place_.get());
    if (request.stderr_fd)
        (void)put(commons_.null.get(), stderr_place_.get());
}

void SpawnPlace::prepare_ids(const core::SpawnTemplate& base, ChildPlan& plan) const noexcept
{
    const Inheritance& inherited = commons_.inheritance;
    if (base.gid && base.gid != inherited.gid)
        plan.gid = *base.gid;
    if (base.uid && base.uid != inherited.uid)
        plan.uid = *base.uid;
    plan.set_groups = base.set_groups && (inherited.has_groups || !base.groups.empty());
    plan.groups_unknown = base.groups_unknown;
    plan.groups = base.groups.data();
    plan.group_count = base.groups.size();
}

/// @return as place_descriptors()
int SpawnPlace::prepare(const LaunchRequest& request, ChildPlan& plan) noexcept
{
    const core::SpawnTemplate& base = *request.plan.base;
    plan = ChildPlan{};
    core::write_exec_arrays(request.plan, listen_pid_.data(), argv_, envp_);
    plan.path = base.path.c_str();
    plan.argv = argv_.data();
    plan.envp = envp_.data();
    if (base.pass_fds != config::PassFds::inetd)
        plan.pid_digits = listen_pid_.data() + listen_pid_prefix.size();
    plan.signals = commons_.inheritance.signals.data();
    plan.signal_count = commons_.inheritance.signals.size();
    prepare_ids(base, plan);
    plan.umask = base.umask;
    plan.change_nice = base.nice.has_value();
    plan.nice = base.nice.value_or(0);
    plan.limits = base.limits.data();
    plan.limit_count = base.limits.size();
    plan.take_context = base.take_context;
    plan.no_new_privs = base.no_new_privs;
    return place_descriptors(request, plan);
}

namespace {

/// Up to the highest of the places. Children have nothing to close if all of it is the places' own.
void choose_part_of_table(SpawnCommons& commons, const std::deque<SpawnPlace>& places)
{
    constexpr int first = 3;
    commons.copy_part = true;
    commons.target.reset(::fcntl(commons.null.get(), F_DUPFD_CLOEXEC, first));
    std::vector<int> ours{commons.null.get()};
    if (commons.copied)
        ours.push_back(commons.copied.get());
    if (commons.target.get() == first)
        ours.push_back(first);
    else
        commons.target.reset();
    for (const SpawnPlace& place : places)
        for (const int descriptor : place.descriptors())
            ours.push_back(descriptor);
    const int highest = *std::max_element(ours.begin(), ours.end());
    commons.close_rest = ours.size() != static_cast<std::size_t>(highest + 1 - first);
}

} // namespace

void make_places(SpawnCommons& commons, std::deque<SpawnPlace>& places, unsigned count,
                 TellsCopy tells)
{
    commons.null = moved_high(::open("/dev/null", O_RDWR | O_CLOEXEC), "open");
    if (tells == TellsCopy::yes && can_copy_part_of_table())
        commons.copied = moved_high(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    for (unsigned i = 0; i < count; ++i)
        places.emplace_back(commons);
    if (can_copy_part_of_table())
        choose_part_of_table(commons, places);
}

} // namespace usherd::daemon

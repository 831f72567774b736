// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrapper_link.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>
#include <utility>

#include "daemon/wrapper_process.h"

namespace usherd::daemon {

namespace {

/// One that ends at once is not started again before that: clients are refused meanwhile.
constexpr std::chrono::milliseconds start_interval{200};

/// posix_spawn(3)'s two arguments that want an end.
class SpawnSettings {
public:
    explicit SpawnSettings(int socket)
    {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
        ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_RDWR, 0);
        ::posix_spawn_file_actions_adddup2(&files, socket, wrapper_process_socket);
        ::posix_spawnattr_init(&attributes);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes, &signals);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnSettings()
    {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
};

} // namespace

struct WrapperLink::Watches {
    Watches(WrapperLink& link, int socket)
        : readable(link.loop_, socket, sys::Watch::What::readable,
                   sys::bind<&WrapperLink::on_readable>(link)),
          writable(link.loop_, socket, sys::Watch::What::writable,
                   sys::bind<&WrapperLink::on_writable>(link))
    {
        readable.start();
    }
    sys::Watch readable;
    sys::Watch writable;
};

WrapperLink::WrapperLink(sys::EventLoop& loop, WrapperLinkOwner& owner, Settings settings)
    : loop_(loop), owner_(owner), settings_(std::move(settings))
{
}

WrapperLink::~WrapperLink() = default;

sys::Result<void> WrapperLink::start()
{
    const auto now = std::chrono::steady_clock::now();
    if (started_at_ != SteadyTime{} && now - started_at_ < start_interval)
        return sys::SysError{"posix_spawn", EBUSY};
    started_at_ = now;
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return sys::last_error("socketpair");
    sys::UniqueFd ours(pair[0]);
    const sys::UniqueFd theirs(pair[1]);
    const SpawnSettings settings(theirs.get());
    std::string name = wrapper_process_name;
    std::string facility = std::to_string(settings_.facility);
    char* argv[] = {name.data(), settings_.program.data(), facility.data(), nullptr};
    std::vector<char*> environment;
    for (std::string& variable : settings_.environment)
        environment.push_back(variable.data());
    environment.push_back(nullptr);
    // Not by its name: a newer version may be installed there by now.
    const int error = ::posix_spawn(&pid_, "/proc/self/exe", &settings.files, &settings.attributes,
                                    argv, environment.data());
    if (error != 0) {
        pid_ = -1;
        return sys::SysError{"posix_spawn", error};
    }
    socket_ = std::move(ours);
    watches_ = std::make_unique<Watches>(*this, socket_.get());
    return {};
}

sys::Result<void> WrapperLink::ask(const WrapperQuestion& question,
                                   const std::vector<int>& descriptors) noexcept
{
    if (!socket_)
        if (auto started = start(); !started)
            return started.error();
    auto sent = send_packet(socket_.get(), encode(question), descriptors);
    if (!sent && sent.error().number == EAGAIN)
        watches_->writable.start();
    return sent;
}

void WrapperLink::drain() noexcept
{
    while (socket_) {
        const auto packet = receive_packet(socket_.get(), Waiting::no);
        if (!packet && packet.error().number == EAGAIN)
            return;
        if (!packet || packet->bytes.empty())
            return lose();
        if (const auto answer = decode_answer(packet->bytes))
            owner_.on_wrapper_answer(*answer);
    }
}

void WrapperLink::on_readable() noexcept
{
    drain();
}

void WrapperLink::on_writable() noexcept
{
    watches_->writable.stop();
    owner_.on_wrapper_room();
}

/// Perhaps within a callback of the watches: they only stop here, and die when it is started again.
void WrapperLink::lose() noexcept
{
    watches_->readable.stop();
    watches_->writable.stop();
    socket_.reset();
    if (pid_ >= 0) {
        ::kill(pid_, SIGKILL); // it may have closed its end and live on
        ending_.push_back(std::exchange(pid_, -1));
    }
    owner_.on_wrapper_lost();
}

bool WrapperLink::on_child_exited(pid_t pid) noexcept
{
    if (pid != pid_)
        return std::erase(ending_, pid) > 0;
    pid_ = -1;
    drain(); // what it still said, and then its end
    return true;
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay.h"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <utility>

#include "daemon/peer.h"
#include "daemon/relay_direction.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

class Relays::Relay {
public:
    Relay(Relays& owner, RelayFacts facts, sys::UniqueFd client, access::Slot slot,
          std::vector<access::IpAddress> targets)
        : owner_(owner), facts_(std::move(facts)), slot_(std::move(slot)),
          targets_(std::move(targets)), client_(std::move(client)),
          deadline_(owner.loop_, sys::bind<&Relay::on_connect_timeout>(*this))
    {
    }

    void set_place(List::iterator self) noexcept { self_ = self; }
    /// Finds out where to, and connects.
    void begin() noexcept;
    void end(int wait_status) noexcept
    {
        facts_.wait_status = wait_status;
        finish();
    }
    [[nodiscard]] const RelayFacts& facts() const noexcept { return facts_; }
    /// Gives the slot back, for the report.
    RelayFacts close() noexcept;

private:
    void on_addresses(std::span<const sys::HostAddress> addresses) noexcept;
    void connect_next() noexcept;
    [[nodiscard]] sys::Result<void> begin_connect(const access::IpAddress& target);
    void on_connected() noexcept;
    void on_connect_timeout() noexcept;
    void fail_target(const sys::SysError& error) noexcept;
    void begin_relaying();
    void pump_up() noexcept { pump(*up_); }
    void pump_down() noexcept { pump(*down_); }
    void pump(RelayDirection& direction) noexcept;
    void finish() noexcept;

    Relays& owner_;
    List::iterator self_; ///< in the owner's list
    RelayFacts facts_;
    std::optional<access::Slot> slot_;
    std::vector<access::IpAddress> targets_;
    std::size_t next_target_ = 0;
    sys::AddressLookup lookup_;
    bool over_ = false;
    sys::UniqueFd client_;
    sys::UniqueFd target_;
    // After the sockets: watches die before what they watch.
    std::optional<sys::Watch> connecting_;
    std::optional<RelayDirection> up_;   ///< client → target
    std::optional<RelayDirection> down_; ///< target → client
    sys::Timer deadline_;
};

void Relays::Relay::begin() noexcept
{
    const std::string& host = facts_.spec->settings->redirect->host;
    if (access::IpAddress::parse(host))
        return connect_next();
    lookup_ = owner_.names().lookup(host, sys::bind_addresses<&Relay::on_addresses>(*this));
}

void Relays::Relay::on_addresses(std::span<const sys::HostAddress> addresses) noexcept
{
    if (!addresses.empty())
        targets_.clear();
    for (const sys::HostAddress& address : addresses)
        targets_.push_back(access::IpAddress::from_ipv6(address.bytes)); // unwraps mapped ones
    connect_next();
}

void Relays::Relay::connect_next() noexcept
{
    while (next_target_ < targets_.size()) {
        const access::IpAddress target = targets_[next_target_++];
        facts_.target = target;
        const auto begun = begin_connect(target);
        if (begun)
            return;
        facts_.connect_error = begun.error();
    }
    finish();
}

sys::Result<void> Relays::Relay::begin_connect(const access::IpAddress& target)
{
    config::InetEndpoint endpoint;
    endpoint.family = target.family();
    endpoint.address = target;
    endpoint.port = facts_.spec->settings->redirect->port;
    const auto address = to_socket_address(endpoint);
    auto opened = sys::open_socket(address->family(), SOCK_STREAM, IPPROTO_TCP, sys::Blocking::no);
    if (!opened)
        return opened.error();
    connecting_.reset();
    target_ = std::move(*opened);
    if (::connect(target_.get(), address->get(), address->length) < 0 && errno != EINPROGRESS)
        return sys::last_error("connect");
    connecting_.emplace(owner_.loop_, target_.get(), sys::Watch::What::writable,
                        sys::bind<&Relay::on_connected>(*this));
    connecting_->start();
    deadline_.start(connect_timeout);
    return {};
}

void Relays::Relay::on_connected() noexcept
{
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(target_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    connecting_->stop();
    deadline_.stop();
    if (error != 0)
        return fail_target({"connect", error});
    facts_.connected = true;
    facts_.connect_error.reset();
    begin_relaying();
}

void Relays::Relay::on_connect_timeout() noexcept
{
    fail_target({"connect", ETIMEDOUT});
}

void Relays::Relay::fail_target(const sys::SysError& error) noexcept
{
    facts_.connect_error = error;
    connecting_->stop();
    connect_next();
}

void Relays::Relay::begin_relaying()
{
    for (const int fd : {client_.get(), target_.get()})
        (void)sys::set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "setsockopt (TCP_NODELAY)");
    if (facts_.spec->flags.has(config::ServiceFlag::keepalive))
        (void)sys::set_option(target_.get(), SOL_SOCKET, SO_KEEPALIVE, 1,
                              "setsockopt (SO_KEEPALIVE)");
    const int client = client_.get();
    const int target = target_.get();
    up_.emplace(owner_.loop_, owner_.pipes_, client, target, facts_.bytes_in,
                sys::bind<&Relay::pump_up>(*this));
    down_.emplace(owner_.loop_, owner_.pipes_, target, client, facts_.bytes_out,
                  sys::bind<&Relay::pump_down>(*this));
    up_->watch();
    down_->watch();
}

void Relays::Relay::pump(RelayDirection& direction) noexcept
{
    if (direction.pump() == RelayDirection::State::broken) {
        facts_.failure = direction.failure();
        finish();
    } else if (up_->is_over() && down_->is_over()) {
        finish();
    }
}

void Relays::Relay::finish() noexcept
{
    if (over_)
        return;
    over_ = true;
    deadline_.stop();
    lookup_ = {};
    connecting_.reset();
    for (auto* direction : {&up_, &down_})
        if (*direction)
            (*direction)->stop();
    owner_.over_.splice(owner_.over_.end(), owner_.relays_, self_);
    owner_.reap_.schedule();
}

RelayFacts Relays::Relay::close() noexcept
{
    up_.reset();
    down_.reset();
    client_.reset();
    target_.reset();
    slot_.reset();
    return std::move(facts_);
}

Relays::Relays(sys::EventLoop& loop, RelayObserver& observer, sys::AddressResolverOptions names)
    : loop_(loop), observer_(observer), name_options_(std::move(names)),
      reap_(loop, sys::bind<&Relays::reap>(*this))
{
}

Relays::~Relays() = default;

void Relays::start(std::uint64_t owner, std::shared_ptr<const config::ServiceSpec> spec,
                   sys::UniqueFd client, const std::optional<access::Peer>& peer, access::Slot slot,
                   std::vector<access::IpAddress> targets) noexcept
{
    (void)sys::set_blocking(client.get(), sys::Blocking::no);
    RelayFacts facts;
    facts.owner = owner;
    facts.spec = std::move(spec);
    facts.peer = peer;
    facts.started_at = std::chrono::steady_clock::now();
    relays_.push_back(std::make_unique<Relay>(*this, std::move(facts), std::move(client),
                                              std::move(slot), std::move(targets)));
    Relay& relay = *relays_.back();
    relay.set_place(std::prev(relays_.end()));
    relay.begin();
}

sys::AddressResolver& Relays::names()
{
    if (names_ == nullptr)
        names_ = std::make_unique<sys::AddressResolver>(loop_, name_options_);
    return *names_;
}

void Relays::reload_names()
{
    if (names_ != nullptr)
        names_->reload();
}

std::size_t Relays::end(std::uint64_t owner) noexcept
{
    std::size_t ended = 0;
    for (auto at = relays_.begin(); at != relays_.end();) {
        Relay& relay = **at++; // ending it takes it out of the list
        if (relay.facts().owner != owner)
            continue;
        relay.end(SIGTERM);
        ++ended;
    }
    return ended;
}

std::size_t Relays::end_all() noexcept
{
    const std::size_t before = relays_.size();
    while (!relays_.empty())
        relays_.front()->end(SIGTERM);
    return before;
}

std::size_t Relays::size() const noexcept
{
    return relays_.size() + over_.size();
}

std::size_t Relays::count(std::uint64_t owner) const noexcept
{
    const auto is_owned = [owner](const auto& relay) { return relay->facts().owner == owner; };
    return static_cast<std::size_t>(std::count_if(relays_.begin(), relays_.end(), is_owned) +
                                    std::count_if(over_.begin(), over_.end(), is_owned));
}

std::vector<RelayFacts> Relays::list() const
{
    std::vector<RelayFacts> all;
    for (const auto& relay : relays_)
        all.push_back(relay->facts());
    return all;
}

void Relays::reap() noexcept
{
    // One by one: size() must be right whenever the observer asks.
    while (!over_.empty()) {
        const RelayFacts facts = over_.front()->close();
        over_.pop_front();
        observer_.on_relay_end(facts);
    }
}

} // namespace usherd::daemon

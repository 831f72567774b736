// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ident.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "access-control/ip_address.h"
#include "daemon/core/log_record.h"
#include "daemon/peer.h"

namespace usherd::daemon {

namespace {

using core::IdentFailure;

/// The socket address with another port; nothing if it has none.
std::optional<sys::SocketAddress> with_port(sys::SocketAddress address, std::uint16_t port) noexcept
{
    if (address.family() == AF_INET)
        reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port);
    else if (address.family() == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
    else
        return std::nullopt;
    return address;
}

sys::Result<sys::SocketAddress> remote_address(int fd) noexcept
{
    sys::SocketAddress address;
    address.length = sizeof address.storage;
    if (::getpeername(fd, address.get(), &address.length) < 0)
        return sys::last_error("getpeername");
    return address;
}

IdentFailure failure_of(int error) noexcept
{
    if (error == ECONNREFUSED)
        return IdentFailure::no_server;
    return error == ETIMEDOUT ? IdentFailure::timeout : IdentFailure::system_error;
}

} // namespace

/// connecting --writable--> asked --CR LF, end, or too much--> finished
class IdentQueries::Query {
public:
    Query(IdentQueries& queries, IdentOwner& its_owner, const std::string& its_service,
          Arrival connection, std::optional<access::Slot> its_slot)
        : owner(&its_owner), service(its_service), arrival(std::move(connection)),
          slot(std::move(its_slot)), queries_(queries),
          deadline_(queries.loop_, sys::bind<&Query::on_deadline>(*this))
    {
    }
    ~Query() = default;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// @return why it cannot be asked
    std::optional<IdentFailure> begin();
    void stop() noexcept
    {
        deadline_.stop();
        if (writable_)
            writable_->stop();
        if (readable_)
            readable_->stop();
    }

    IdentOwner* owner;
    std::string service;
    Arrival arrival;
    std::optional<access::Slot> slot;

private:
    void on_writable() noexcept;
    void on_readable() noexcept;
    void on_deadline() noexcept { fail(IdentFailure::timeout); }
    void take(std::string_view line) noexcept;
    void fail(IdentFailure failure) noexcept { queries_.finish(*this, {std::nullopt, failure}); }
    void complain(const std::string& text) noexcept
    {
        queries_.log_.write(Level::error, service, "ident", text);
    }
    [[nodiscard]] std::string address() const
    {
        return arrival.peer ? access::log_text(*arrival.peer) : "<no address>";
    }

    IdentQueries& queries_;
    core::IdentPorts ports_;
    std::string received_;
    sys::Timer deadline_;
    sys::UniqueFd socket_;
    // After the socket: they die before it.
    std::optional<sys::Watch> writable_;
    std::optional<sys::Watch> readable_;
};

/// From the address that the client has connected to, so that its ident server sees the same two
/// hosts.
std::optional<IdentFailure> IdentQueries::Query::begin()
{
    const auto local = sys::local_address(arrival.socket.get());
    const auto remote = remote_address(arrival.socket.get());
    if (!local || !remote)
        return IdentFailure::system_error;
    const auto from = with_port(*local, 0);
    const auto to = with_port(*remote, queries_.limits_.port);
    const auto our_end = to_peer(*local);
    const auto their_end = to_peer(*remote);
    if (!from || !to || !our_end || !their_end)
        return IdentFailure::system_error;
    ports_ = {their_end->port, our_end->port};
    auto opened = sys::open_socket(to->family(), SOCK_STREAM, IPPROTO_TCP, sys::Blocking::no);
    if (!opened || !sys::bind_to(opened->get(), *from))
        return IdentFailure::system_error;
    socket_ = std::move(*opened);
    if (::connect(socket_.get(), to->get(), to->length) < 0 && errno != EINPROGRESS)
        return failure_of(errno);
    writable_.emplace(queries_.loop_, socket_.get(), sys::Watch::What::writable,
                      sys::bind<&Query::on_writable>(*this));
    readable_.emplace(queries_.loop_, socket_.get(), sys::Watch::What::readable,
                      sys::bind<&Query::on_readable>(*this));
    writable_->start();
    deadline_.start(queries_.limits_.patience);
    return std::nullopt;
}

void IdentQueries::Query::on_writable() noexcept
{
    writable_->stop();
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        return fail(failure_of(error));
    // A new connection has room for these few bytes.
    const std::string query = core::ident_query(ports_);
    if (::send(socket_.get(), query.data(), query.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
        static_cast<ssize_t>(query.size()))
        return fail(IdentFailure::system_error);
    readable_->start();
}

void IdentQueries::Query::on_readable() noexcept
{
    std::array<char, core::max_ident_reply> buffer;
    const std::size_t room = core::max_ident_reply - received_.size();
    const ssize_t count = ::recv(socket_.get(), buffer.data(), room, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count == 0)
        complain("identd server reply missing ending CR-LF");
    if (count <= 0)
        return fail(IdentFailure::broken_reply);
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    if (const auto line = core::ident_line(received_))
        return take(*line);
    if (received_.size() < core::max_ident_reply)
        return;
    complain("Too much input from identity server");
    fail(IdentFailure::broken_reply);
}

void IdentQueries::Query::take(std::string_view line) noexcept
{
    if (const auto user = core::ident_user(line, ports_))
        return queries_.finish(*this, {std::string(*user), {}});
    complain(fmt::format("Bad line received from identity server at {}: {}", address(),
                         core::escaped(line)));
    fail(IdentFailure::not_understood);
}

IdentQueries::IdentQueries(sys::EventLoop& loop, ProvokedLog& log, Limits limits)
    : loop_(loop), log_(log), limits_(limits),
      clear_(loop, sys::bind<&IdentQueries::clear_finished>(*this))
{
}

IdentQueries::~IdentQueries() = default;

void IdentQueries::ask(IdentOwner& owner, const std::string& service, Arrival arrival,
                       std::optional<access::Slot> slot) noexcept
{
    const bool is_refused = !slot;
    const std::size_t admitted = queries_.size() - refused_;
    const bool may_ask = is_refused ? refused_ < limits_.refused : admitted < limits_.admitted;
    if (!may_ask) {
        log_.write(
            Level::warning, service, "ident full",
            fmt::format("service {}: too many ident queries, this one is not made", service));
        return owner.on_identified(std::move(arrival), std::move(slot), {});
    }
    Query& query =
        queries_.emplace_back(*this, owner, service, std::move(arrival), std::move(slot));
    if (is_refused)
        ++refused_;
    if (const auto failure = query.begin())
        finish(query, {std::nullopt, *failure});
}

void IdentQueries::finish(Query& query, const Identity& identity) noexcept
{
    query.stop();
    if (!query.slot)
        --refused_;
    const auto here = std::find_if(queries_.begin(), queries_.end(),
                                   [&](const Query& other) { return &other == &query; });
    finished_.splice(finished_.end(), queries_, here);
    clear_.schedule();
    query.owner->on_identified(std::move(query.arrival), std::exchange(query.slot, std::nullopt),
                               identity);
}

void IdentQueries::forget(const IdentOwner& owner) noexcept
{
    std::erase_if(queries_, [&](const Query& query) {
        const bool is_his = query.owner == &owner;
        if (is_his && !query.slot)
            --refused_;
        return is_his;
    });
}

std::size_t IdentQueries::slots_of(const IdentOwner& owner) const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(queries_.begin(), queries_.end(),
                      [&](const Query& query) { return query.owner == &owner && query.slot; }));
}

void IdentQueries::clear_finished() noexcept
{
    finished_.clear();
}

} // namespace usherd::daemon

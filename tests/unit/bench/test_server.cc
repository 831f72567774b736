// SPDX-License-Identifier: BSD-2-Clause
//
// The test servers: one blocking thread each.

#include "tests/unit/bench/test_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>

namespace usherd::bench {

namespace {

sys::UniqueFd bound_socket(int type, std::uint16_t& port)
{
    sys::UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd.get(), generic, size) != 0 || getsockname(fd.get(), generic, &size) != 0)
        return sys::UniqueFd{};
    port = ntohs(address.sin_port);
    return fd;
}

void send_bytes(int fd, std::size_t count)
{
    const std::string bytes(count, 'x');
    static_cast<void>(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::size_t read_to_end(int fd)
{
    std::string buffer(4096, '\0');
    std::size_t total = 0;
    for (;;) {
        const auto got = recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0)
            return total;
        total += static_cast<std::size_t>(got);
    }
}

} // namespace

TestServer::TestServer(Script script, std::size_t gather_size)
    : script_(std::move(script)), gather_size_(gather_size),
      listener_(bound_socket(SOCK_STREAM, port_))
{
    listen(listener_.get(), 1024);
    thread_ = std::thread([this] { run(); });
}

TestServer::~TestServer()
{
    stop();
}

void TestServer::stop()
{
    shutdown(listener_.get(), SHUT_RDWR); // wakes accept
    if (thread_.joinable())
        thread_.join();
    held_.clear();
}

void TestServer::run()
{
    for (;;) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        sys::UniqueFd connection(
            accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
        if (!connection)
            return;
        sources_.insert(ntohl(peer.sin_addr.s_addr));
        const std::uint64_t number = accepted_++;
        treat(std::move(connection), script_(number));
    }
}

void TestServer::treat(sys::UniqueFd connection, Treatment treatment)
{
    const linger at_once{1, 0};
    switch (treatment) {
    case Treatment::answer:
        return send_bytes(connection.get(), 3);
    case Treatment::one_byte:
        return send_bytes(connection.get(), 1);
    case Treatment::close:
        return;
    case Treatment::reset:
        setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return;
    case Treatment::hold:
        held_.push_back(std::move(connection));
        return;
    case Treatment::echo_count:
        return send_bytes(connection.get(), read_to_end(connection.get()));
    case Treatment::gather:
        return gather(std::move(connection));
    }
}

void TestServer::gather(sys::UniqueFd connection)
{
    held_.push_back(std::move(connection));
    if (held_.size() < gather_size_)
        return;
    // One more than agreed would be waiting in the backlog.
    pollfd backlog{listener_.get(), POLLIN, 0};
    const bool another = poll(&backlog, 1, 30) > 0;
    most_gathered_ = std::max<std::size_t>(most_gathered_, held_.size() + (another ? 1 : 0));
    for (const sys::UniqueFd& held : held_)
        send_bytes(held.get(), 3);
    held_.clear();
}

UdpEcho::UdpEcho(std::function<bool(std::uint64_t)> drops)
    : drops_(std::move(drops)), socket_(bound_socket(SOCK_DGRAM, port_))
{
    thread_ = std::thread([this] { run(); });
}

UdpEcho::~UdpEcho()
{
    stopping_ = true;
    thread_.join();
}

void UdpEcho::run()
{
    std::string buffer(65536, '\0');
    while (!stopping_) {
        pollfd readable{socket_.get(), POLLIN, 0};
        if (poll(&readable, 1, 20) <= 0)
            continue;
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        auto* const from = reinterpret_cast<sockaddr*>(&peer);
        const auto got = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, from, &size);
        if (got >= 0 && !drops_(received_++))
            sendto(socket_.get(), buffer.data(), static_cast<std::size_t>(got), 0, from, size);
    }
}

std::uint16_t unused_port()
{
    std::uint16_t port = 0;
    static_cast<void>(bound_socket(SOCK_STREAM, port));
    return port;
}

} // namespace usherd::bench

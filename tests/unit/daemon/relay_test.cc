// SPDX-License-Identifier: BSD-2-Clause
//
// Relays with a real loop over TCP on the loopback: bytes, half-closes, resets, targets that
// refuse.

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>

#include "daemon/relay.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

namespace {

class Observer final : public RelayObserver {
public:
    void on_relay_end(const RelayFacts& relay) noexcept override
    {
        ended.push_back(relay);
        running_at_end = counter.running();
    }

    std::vector<RelayFacts> ended;
    access::SourceCounter counter;
    std::uint32_t running_at_end = 99;
};

/// One end of a connection that a test plays.
class End {
public:
    End() = default;
    explicit End(sys::UniqueFd fd) : fd_(std::move(fd)) { ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK); }

    std::size_t send(std::string_view text)
    {
        const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    void end_of_input() { ::shutdown(fd_.get(), SHUT_WR); }
    void close() { fd_.reset(); }
    void reset()
    {
        const linger at_once{1, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        fd_.reset();
    }
    const std::string& receive()
    {
        char buffer[65536];
        ssize_t count = 0;
        while ((count = ::recv(fd_.get(), buffer, sizeof buffer, 0)) > 0)
            received_.append(buffer, static_cast<std::size_t>(count));
        at_end = at_end || count == 0 || errno == ECONNRESET;
        return received_;
    }
    explicit operator bool() const { return static_cast<bool>(fd_); }

    bool at_end = false;

private:
    sys::UniqueFd fd_;
    std::string received_;
};

/// A listening socket of 127.0.0.1.
struct Listening {
    Listening()
    {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(fd.get(), generic, length) == 0);
        REQUIRE(::listen(fd.get(), 64) == 0);
        REQUIRE(::getsockname(fd.get(), generic, &length) == 0);
    }
    [[nodiscard]] sys::UniqueFd accept() const
    {
        return sys::UniqueFd(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }

    sys::UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
};

struct Fixture {
    Fixture()
    {
        ::signal(SIGPIPE, SIG_IGN); // as the daemon does
        auto configured = std::make_shared<config::ServiceSpec>();
        configured->id = "the-service";
        configured->settings->redirect =
            config::Redirect{"127.0.0.1", ntohs(target.address.sin_port), {}};
        spec = configured;
    }
    ~Fixture() { ::signal(SIGPIPE, SIG_DFL); }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    /// A client whose relay has been started.
    End client(std::vector<access::IpAddress> targets = {*access::IpAddress::parse("127.0.0.1")},
               std::uint64_t owner = 1)
    {
        sys::UniqueFd theirs(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(theirs.get(), reinterpret_cast<const sockaddr*>(&service.address),
                          sizeof service.address) == 0);
        sys::UniqueFd ours;
        REQUIRE(until([&] { return static_cast<bool>(ours = service.accept()); }));
        const access::Peer peer{*access::IpAddress::parse("192.0.2.7"), access::Arrival::native, 1};
        relays.start(owner, spec, std::move(ours), peer, observer.counter.take(peer.address),
                     std::move(targets));
        return End(std::move(theirs));
    }
    /// The target's end of the relay that has just been started.
    End accepted()
    {
        sys::UniqueFd fd;
        REQUIRE(until([&] { return static_cast<bool>(fd = target.accept()); }));
        return End(std::move(fd));
    }
    bool until(const std::function<bool()>& condition) { return tests::run_until(loop, condition); }
    bool has_ended(std::size_t count = 1)
    {
        return until([&] { return observer.ended.size() == count; });
    }

    sys::EventLoop loop;
    Observer observer;
    Listening service;
    Listening target;
    std::shared_ptr<const config::ServiceSpec> spec;
    Relays relays{loop, observer};
};

std::string pattern(std::size_t size)
{
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

/// Sends all of `text` as there is room, while `receiver` reads. @return whether it arrived whole
bool pass(Fixture& fixture, End& sender, End& receiver, const std::string& text)
{
    std::size_t sent = 0;
    return fixture.until([&] {
        if (sent < text.size())
            sent += sender.send(std::string_view(text).substr(sent, 300'000));
        return receiver.receive().size() == text.size();
    }) && receiver.receive() == text;
}

} // namespace

TEST_CASE("a relay passes megabytes both ways, counts them, and ends when both sides have ended")
{
    Fixture fixture;
    End client = fixture.client();
    End target = fixture.accepted();
    const std::string request = pattern(5'000'000);
    const std::string answer = pattern(3'000'001);
    CHECK(pass(fixture, client, target, request));
    client.end_of_input();
    CHECK(
        fixture.until([&] { return target.receive().size() == request.size() && target.at_end; }));
    CHECK_FALSE(client.at_end);
    CHECK(fixture.relays.size() == 1);
    CHECK(pass(fixture, target, client, answer)); // after the client's half-close
    target.close();
    CHECK(fixture.until([&] { return client.receive().size() == answer.size() && client.at_end; }));
    REQUIRE(fixture.has_ended());
    const RelayFacts& facts = fixture.observer.ended[0];
    CHECK(facts.connected);
    CHECK(facts.bytes_in == request.size());
    CHECK(facts.bytes_out == answer.size());
    CHECK(facts.wait_status == 0);
    CHECK_FALSE(facts.connect_error);
    CHECK(fixture.observer.running_at_end == 0);
    CHECK(fixture.relays.size() == 0);
}

TEST_CASE("a half-close of the target is passed on, and the client may go on")
{
    Fixture fixture;
    End client = fixture.client();
    End target = fixture.accepted();
    REQUIRE(target.send("greeting") == 8);
    target.end_of_input();
    CHECK(fixture.until([&] { return client.receive() == "greeting" && client.at_end; }));
    CHECK(pass(fixture, client, target, pattern(100'000)));
    client.close();
    CHECK(fixture.until([&] { return !target.receive().empty() && target.at_end; }));
    CHECK(fixture.has_ended());
}

TEST_CASE("bytes wait for a receiver that does not read, and none is lost")
{
    Fixture fixture;
    End client = fixture.client();
    End target = fixture.accepted();
    const std::string chunk = pattern(std::size_t{26} * 4096);
    std::size_t sent = 0;
    int idle_turns = 0;
    REQUIRE(fixture.until([&] {
        const std::size_t now = client.send(std::string_view(chunk).substr(sent % 26));
        sent += now;
        idle_turns = now == 0 ? idle_turns + 1 : 0;
        return idle_turns > 100;
    }));
    client.end_of_input();
    REQUIRE(fixture.until([&] { return target.receive().size() >= sent && target.at_end; }));
    CHECK(target.receive() == pattern(sent));
    target.close();
    REQUIRE(fixture.has_ended());
    CHECK(fixture.observer.ended[0].bytes_in == sent);
}

TEST_CASE("what a target said before it went reaches a client that is still sending")
{
    Fixture fixture;
    End client = fixture.client();
    End target = fixture.accepted();
    const std::string answer = pattern(200'000);
    std::size_t answered = 0;
    REQUIRE(fixture.until([&] {
        answered += target.send(std::string_view(answer).substr(answered));
        return answered == answer.size();
    }));
    REQUIRE(client.send("never read by the target") > 0);
    // Gone at the target: closing with unread bytes resets the connection.
    target.end_of_input();
    REQUIRE(fixture.until([&] { return client.receive().size() == answer.size(); }));
    target.close();
    CHECK(fixture.until([&] {
        client.send("more");
        client.receive();
        return client.at_end && fixture.observer.ended.size() == 1;
    }));
    CHECK(client.receive() == answer);
}

TEST_CASE("a reset of either side ends the relay and reaches the other")
{
    Fixture fixture;
    SECTION("of the client")
    {
        End client = fixture.client();
        End target = fixture.accepted();
        REQUIRE(client.send("x") == 1);
        REQUIRE(fixture.until([&] { return target.receive() == "x"; }));
        client.reset();
        CHECK(fixture.until([&] { return !target.receive().empty() && target.at_end; }));
        CHECK(fixture.has_ended());
    }
    SECTION("of the target")
    {
        End client = fixture.client();
        End target = fixture.accepted();
        target.reset();
        CHECK(fixture.until([&] { return client.receive().empty() && client.at_end; }));
        CHECK(fixture.has_ended());
    }
}

TEST_CASE("a target that refuses is reported, and the next address is tried")
{
    Fixture fixture;
    const auto refusing = *access::IpAddress::parse("127.0.0.9"); // nobody listens there
    const auto working = *access::IpAddress::parse("127.0.0.1");
    SECTION("the second address answers")
    {
        End client = fixture.client({refusing, working});
        End target = fixture.accepted();
        CHECK(pass(fixture, client, target, "hello"));
        CHECK(fixture.relays.list().at(0).connected);
        CHECK(fixture.relays.list().at(0).target == working);
    }
    SECTION("none answers")
    {
        End client = fixture.client({refusing, *access::IpAddress::parse("127.0.0.10")});
        REQUIRE(fixture.has_ended());
        const RelayFacts& facts = fixture.observer.ended[0];
        CHECK_FALSE(facts.connected);
        REQUIRE(facts.connect_error);
        CHECK(facts.connect_error->number == ECONNREFUSED);
        CHECK(access::to_string(*facts.target) == "127.0.0.10");
        CHECK(facts.wait_status == 0);
        CHECK(fixture.until([&] { return client.receive().empty() && client.at_end; }));
    }
    SECTION("there is none")
    {
        End client = fixture.client({});
        CHECK(fixture.has_ended());
    }
}

TEST_CASE("idle relays hold no pipe")
{
    Fixture fixture;
    std::vector<End> clients, targets;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(fixture.client());
        targets.push_back(fixture.accepted());
        REQUIRE(pass(fixture, clients.back(), targets.back(), "x"));
        REQUIRE(pass(fixture, targets.back(), clients.back(), "y"));
    }
    CHECK(fixture.relays.size() == 10);
    CHECK(fixture.relays.spare_pipes() == 1); // the one that all of them used in turn
}

namespace {

/// Of the sockets of this process whose own port, or whose peer's, is `port`, and that are
/// connected: an option of each.
std::vector<int> options_of(std::uint16_t port, bool of_peer, int level, int option)
{
    std::vector<int> values;
    for (int fd = 3; fd < 1024; ++fd) {
        sockaddr_in own{}, peer{};
        socklen_t length = sizeof own;
        if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) < 0 ||
            own.sin_family != AF_INET)
            continue;
        length = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) < 0)
            continue;
        if (ntohs(of_peer ? peer.sin_port : own.sin_port) != port)
            continue;
        int value = -1;
        length = sizeof value;
        CHECK(::getsockopt(fd, level, option, &value, &length) == 0);
        values.push_back(value);
    }
    return values;
}

} // namespace

TEST_CASE("both sockets send at once, and the one to the target stays alive where told")
{
    Fixture fixture;
    const bool stays_alive = GENERATE(false, true);
    if (stays_alive) {
        auto changed = std::make_shared<config::ServiceSpec>(*fixture.spec);
        changed->flags.add(config::ServiceFlag::keepalive);
        fixture.spec = changed;
    }
    End client = fixture.client();
    End target = fixture.accepted();
    REQUIRE(pass(fixture, client, target, "x"));
    const auto service_port = ntohs(fixture.service.address.sin_port);
    const auto target_port = ntohs(fixture.target.address.sin_port);
    CHECK(options_of(service_port, false, IPPROTO_TCP, TCP_NODELAY) == std::vector{1});
    CHECK(options_of(target_port, true, IPPROTO_TCP, TCP_NODELAY) == std::vector{1});
    CHECK(options_of(target_port, true, SOL_SOCKET, SO_KEEPALIVE) ==
          std::vector{stays_alive ? 1 : 0});
}

TEST_CASE("relays are ended by owner, as by SIGTERM, and reported")
{
    Fixture fixture;
    const std::vector<access::IpAddress> targets{*access::IpAddress::parse("127.0.0.1")};
    End first = fixture.client(targets, 1);
    End second = fixture.client(targets, 2);
    CHECK(fixture.relays.count(1) == 1);
    CHECK(fixture.relays.end(1) == 1);
    CHECK(fixture.relays.count(1) == 1); // until it is reported
    REQUIRE(fixture.has_ended(1));
    CHECK(fixture.relays.count(1) == 0);
    CHECK(fixture.observer.ended[0].owner == 1);
    CHECK(fixture.observer.ended[0].wait_status == SIGTERM);
    CHECK(fixture.relays.end_all() == 1);
    REQUIRE(fixture.has_ended(2));
    CHECK(fixture.relays.size() == 0);
}

TEST_CASE("relays that are still open when their owner dies are closed without a report")
{
    Fixture fixture;
    End client;
    {
        Relays relays(fixture.loop, fixture.observer);
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        client = End(sys::UniqueFd(ends[0]));
        relays.start(1, fixture.spec, sys::UniqueFd(ends[1]), std::nullopt,
                     fixture.observer.counter.take(std::nullopt),
                     {*access::IpAddress::parse("127.0.0.1")});
        End target = fixture.accepted();
        REQUIRE(pass(fixture, client, target, "x"));
    }
    CHECK(fixture.observer.ended.empty());
    CHECK(fixture.until([&] { return client.receive().empty() && client.at_end; }));
}

} // namespace usherd::daemon

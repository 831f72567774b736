// SPDX-License-Identifier: BSD-2-Clause
//
// Stream echo, discard, chargen, daytime and time with a real loop, over socket pairs and TCP.

#include <arpa/inet.h>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <regex>
#include <string>
#include <sys/socket.h>

#include "daemon/internal_stream.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

namespace {

using core::InternalService;

class Observer final : public SessionObserver {
public:
    void on_session_end(const SessionFacts& session) noexcept override
    {
        ended.push_back(session);
        running_at_end = counter.running();
    }

    std::vector<SessionFacts> ended;
    access::SourceCounter counter;
    std::uint32_t running_at_end = 99;
};

/// The client's end of a connection.
class Client {
public:
    explicit Client(sys::UniqueFd fd) : fd_(std::move(fd))
    {
        ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
    }

    /// @return how much was taken
    std::size_t send(std::string_view text)
    {
        const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    void end_of_input() { ::shutdown(fd_.get(), SHUT_WR); }
    void close() { fd_.reset(); }
    const std::string& receive()
    {
        char buffer[65536];
        ssize_t count = 0;
        while ((count = ::recv(fd_.get(), buffer, sizeof buffer, 0)) > 0)
            received_.append(buffer, static_cast<std::size_t>(count));
        at_end = count == 0;
        return received_;
    }

    bool at_end = false;

private:
    sys::UniqueFd fd_;
    std::string received_;
};

struct Fixture {
    Fixture()
    {
        auto service = std::make_shared<config::ServiceSpec>();
        service->id = "the-service";
        spec = service;
    }

    Client connect(InternalService kind, std::uint64_t owner = 1)
    {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        return start(kind, sys::UniqueFd(ends[0]), sys::UniqueFd(ends[1]), owner);
    }
    Client connect_tcp(InternalService kind)
    {
        const sys::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener.get(), generic, length) == 0);
        REQUIRE(::listen(listener.get(), 1) == 0);
        REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
        sys::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(client.get(), generic, length) == 0);
        sys::UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        return start(kind, std::move(accepted), std::move(client), 1);
    }
    Client start(InternalService kind, sys::UniqueFd ours, sys::UniqueFd theirs,
                 std::uint64_t owner)
    {
        const access::Peer peer{*access::IpAddress::parse("192.0.2.7"), access::Arrival::native, 1};
        state = sessions.start(kind, std::move(ours), spec, observer.counter.take(peer.address),
                               peer, owner);
        return Client(std::move(theirs));
    }
    bool until(const std::function<bool()>& condition) { return tests::run_until(loop, condition); }

    sys::EventLoop loop;
    Observer observer;
    std::shared_ptr<const config::ServiceSpec> spec;
    InternalSessions sessions{loop, observer};
    SessionState state{};
};

std::string pattern(std::size_t size)
{
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
        text += static_cast<char>('a' + i % 26);
    return text;
}

} // namespace

TEST_CASE("echo sends back what it gets, also after the client's half-close, and ends")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::echo);
    CHECK(fixture.state == SessionState::running);
    const std::string text = pattern(3000);
    REQUIRE(client.send(text) == text.size());
    client.end_of_input();
    REQUIRE(fixture.until([&] { return client.receive().size() >= text.size() && client.at_end; }));
    CHECK(client.receive() == text);
    CHECK(fixture.until([&] { return fixture.observer.ended.size() == 1; }));
    CHECK(fixture.sessions.size() == 0);
}

TEST_CASE("echo takes no more than it can pass on from a client that does not read")
{
    Fixture fixture;
    auto client = fixture.connect_tcp(InternalService::echo);
    const std::string chunk = pattern(std::size_t{26} * 1024);
    std::size_t taken = 0;
    int idle_turns = 0; // both socket buffers are full, nobody moves
    REQUIRE(fixture.until([&] {
        const std::size_t now = client.send(std::string_view(chunk).substr(taken % 26));
        taken += now;
        idle_turns = now == 0 ? idle_turns + 1 : 0;
        return idle_turns > 100;
    }));
    client.end_of_input();
    REQUIRE(fixture.until([&] { return client.receive().size() >= taken && client.at_end; }));
    CHECK(client.receive() == pattern(taken));
}

TEST_CASE("echo's session ends when the client breaks the connection while it is not reading")
{
    Fixture fixture;
    auto client = fixture.connect_tcp(InternalService::echo);
    const std::string chunk = pattern(65536);
    int idle_turns = 0;
    REQUIRE(fixture.until([&] { return client.send(chunk) == 0 && ++idle_turns > 100; }));
    client.close();
    CHECK(fixture.until([&] { return fixture.observer.ended.size() == 1; }));
}

TEST_CASE("discard reads everything, says nothing, and ends with the client")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::discard);
    const std::string chunk = pattern(65536);
    std::size_t sent = 0;
    REQUIRE(fixture.until([&] { return (sent += client.send(chunk)) > 4'000'000; }));
    CHECK(client.receive().empty());
    CHECK_FALSE(client.at_end);
    client.end_of_input();
    REQUIRE(fixture.until([&] { return client.receive().empty() && client.at_end; }));
    CHECK(fixture.until([&] { return fixture.observer.ended.size() == 1; }));
}

TEST_CASE("chargen sends its lines over and over to a client that reads, and ends with it")
{
    Fixture fixture;
    auto client = fixture.connect_tcp(InternalService::chargen);
    constexpr std::size_t wanted = 40 * core::chargen_period_bytes;
    REQUIRE(fixture.until([&] { return client.receive().size() >= wanted; }));
    const std::string_view period(core::chargen_period().data(), core::chargen_period_bytes);
    const std::string& received = client.receive();
    for (std::size_t at = 0; at + period.size() <= wanted; at += period.size())
        REQUIRE(received.compare(at, period.size(), period) == 0);
    client.close();
    CHECK(fixture.until([&] { return fixture.observer.ended.size() == 1; }));
    CHECK(fixture.observer.ended[0].wait_status == 0);
}

TEST_CASE("chargen waits for a client that does not read, without ending")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::chargen);
    for (int i = 0; i < 50; ++i)
        tests::run_turn(fixture.loop);
    CHECK(fixture.sessions.size() == 1);
    const std::size_t waiting = client.receive().size();
    CHECK(waiting > 0);
    CHECK(fixture.until([&] { return client.receive().size() > 2 * waiting; }));
}

TEST_CASE("daytime answers at once, closes, and is not reported")
{
    Fixture fixture;
    auto client = fixture.connect_tcp(InternalService::daytime);
    CHECK(fixture.state == SessionState::finished);
    CHECK(fixture.observer.counter.running() == 0);
    REQUIRE(fixture.until([&] { return !client.receive().empty() && client.at_end; }));
    const std::string& text = client.receive();
    INFO(text);
    CHECK(std::regex_match(text, std::regex(R"(\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d \S+\r\n)")));
    CHECK(fixture.observer.ended.empty());
}

TEST_CASE("time answers with the seconds since 1900 and closes")
{
    Fixture fixture;
    const std::time_t before = std::time(nullptr);
    auto client = fixture.connect_tcp(InternalService::time);
    REQUIRE(fixture.until([&] { return client.receive().size() == 4 && client.at_end; }));
    std::uint32_t seconds = 0;
    for (const char byte : client.receive())
        seconds = seconds << 8 | static_cast<unsigned char>(byte);
    CHECK(seconds - 2'208'988'800u >= static_cast<std::uint32_t>(before));
    CHECK(seconds - 2'208'988'800u <= static_cast<std::uint32_t>(std::time(nullptr)));
}

TEST_CASE("a session's end is reported once its slot has been given back")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::discard, 7);
    CHECK(fixture.observer.counter.running() == 1);
    client.close();
    REQUIRE(fixture.until([&] { return fixture.observer.ended.size() == 1; }));
    CHECK(fixture.observer.running_at_end == 0);
    const SessionFacts& facts = fixture.observer.ended[0];
    CHECK(facts.spec == fixture.spec);
    CHECK(facts.owner == 7);
    CHECK(facts.kind == InternalService::discard);
    CHECK(access::log_text(*facts.peer) == "192.0.2.7");
    CHECK(facts.wait_status == 0);
}

TEST_CASE("ending a service's sessions leaves the others, and counts as SIGTERM")
{
    Fixture fixture;
    auto first = fixture.connect(InternalService::discard, 1);
    auto second = fixture.connect(InternalService::echo, 2);
    auto third = fixture.connect(InternalService::chargen, 1);
    CHECK(fixture.sessions.list().size() == 3);
    CHECK(fixture.sessions.end(1) == 2);
    REQUIRE(fixture.until([&] { return fixture.observer.ended.size() == 2; }));
    CHECK(fixture.sessions.size() == 1);
    for (const auto& session : fixture.observer.ended) {
        CHECK(session.owner == 1);
        CHECK(session.wait_status == SIGTERM);
    }
    first.receive();
    CHECK(first.at_end);
    REQUIRE(second.send("still here") == 10);
    CHECK(fixture.until([&] { return second.receive() == "still here"; }));
    CHECK(fixture.sessions.end_all() == 1);
    CHECK(fixture.until([&] { return fixture.observer.ended.size() == 3; }));
}

TEST_CASE("a session that has just ended by itself is not ended again")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::discard);
    REQUIRE(fixture.sessions.end_all() == 1);
    CHECK(fixture.sessions.end_all() == 0);
    client.close();
    REQUIRE(fixture.until([&] { return !fixture.observer.ended.empty(); }));
    CHECK(fixture.observer.ended.size() == 1);
}

TEST_CASE("a busy chargen session lets an echo session in")
{
    Fixture fixture;
    auto noisy = fixture.connect(InternalService::chargen);
    auto quiet = fixture.connect(InternalService::echo);
    REQUIRE(quiet.send("hello") == 5);
    CHECK(fixture.until([&] {
        noisy.receive();
        return quiet.receive() == "hello";
    }));
}

TEST_CASE("a session that is over is listed for as long as it holds its slot")
{
    Fixture fixture;
    auto client = fixture.connect(InternalService::echo);
    REQUIRE(fixture.sessions.end_all() == 1);
    CHECK(fixture.sessions.size() == 1);
    CHECK(fixture.sessions.list().size() == 1);
    CHECK(fixture.observer.counter.running() == 1);
    REQUIRE(fixture.until([&] { return !fixture.observer.ended.empty(); }));
    CHECK(fixture.sessions.list().empty());
    CHECK(fixture.observer.counter.running() == 0);
}

} // namespace usherd::daemon

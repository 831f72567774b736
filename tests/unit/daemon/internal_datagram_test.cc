// SPDX-License-Identifier: BSD-2-Clause
//
// Datagram echo, discard, chargen, daytime and time over loopback and UNIX sockets.

#include <arpa/inet.h>
#include <cstddef>
#include <netinet/in.h>
#include <regex>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <vector>

#include "daemon/datagram_socket.h"
#include "daemon/internal_datagram.h"
#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

namespace {

using core::InternalService;

struct Name {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] std::uint16_t port() const
    {
        return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
    }
    [[nodiscard]] std::string text() const
    {
        char buffer[INET6_ADDRSTRLEN] = "";
        if (storage.ss_family == AF_INET)
            ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, buffer,
                        sizeof buffer);
        else
            ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr,
                        buffer, sizeof buffer);
        return buffer;
    }
};

Name inet_name(const std::string& address, std::uint16_t port)
{
    Name name;
    if (address.find(':') == std::string::npos) {
        auto* in = reinterpret_cast<sockaddr_in*>(&name.storage);
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &in->sin_addr);
        name.length = sizeof *in;
    } else {
        auto* in = reinterpret_cast<sockaddr_in6*>(&name.storage);
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(port);
        ::inet_pton(AF_INET6, address.c_str(), &in->sin6_addr);
        name.length = sizeof *in;
    }
    return name;
}

Name unix_name(const std::string& path)
{
    Name name;
    auto* un = reinterpret_cast<sockaddr_un*>(&name.storage);
    un->sun_family = AF_UNIX;
    path.copy(un->sun_path, sizeof un->sun_path - 1);
    name.length = sizeof *un;
    return name;
}

sys::UniqueFd bound(Name name)
{
    sys::UniqueFd fd(
        ::socket(name.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int off = 0;
    if (name.storage.ss_family == AF_INET6)
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    REQUIRE(::bind(fd.get(), name.get(), name.length) == 0);
    return fd;
}

Name name_of(int fd)
{
    Name name;
    ::getsockname(fd, name.get(), &name.length);
    return name;
}

class Gate final : public DatagramGate {
public:
    Admission admit(InternalDatagram& asker, const ReceivedDatagram& datagram) noexcept override
    {
        asked.push_back(datagram.peer);
        if (service != nullptr && asked.size() == pause_after)
            service->pause();
        if (keeps) {
            tickets.push_back(asker.keep(datagram));
            return Admission::later;
        }
        return open ? Admission::yes : Admission::no;
    }
    void on_not_answered(const access::Peer&, core::ReplyVerdict why) noexcept override
    {
        not_answered.push_back(why);
    }

    std::vector<std::optional<access::Peer>> asked;
    std::vector<core::ReplyVerdict> not_answered;
    bool keeps = false;
    std::vector<std::optional<std::uint64_t>> tickets;
    bool open = true;
    InternalDatagram* service = nullptr;
    std::size_t pause_after = 0;
};

class Client {
public:
    explicit Client(Name name) : socket_(bound(name)) {}

    void send(Name to, std::string_view text)
    {
        REQUIRE(::sendto(socket_.get(), text.data(), text.size(), 0, to.get(), to.length) >= 0);
    }
    /// @return true if one has come; then `answer` and `from` are its.
    bool receive()
    {
        char buffer[8192];
        from = {};
        const auto size =
            ::recvfrom(socket_.get(), buffer, sizeof buffer, 0, from.get(), &from.length);
        if (size < 0)
            return false;
        answer.assign(buffer, static_cast<std::size_t>(size));
        return true;
    }
    int receive_all()
    {
        int count = 0;
        while (receive())
            ++count;
        return count;
    }
    [[nodiscard]] std::uint16_t port() const { return name_of(socket_.get()).port(); }

    std::string answer;
    Name from;

private:
    sys::UniqueFd socket_;
};

struct Fixture {
    explicit Fixture(InternalService kind, Name name = inet_name("127.0.0.1", 0))
        : socket(bound(name)), address(name_of(socket.get())),
          service(std::in_place, loop, socket.get(), kind, gate)
    {
        gate.service = &*service;
    }
    bool ask(Client& client, std::string_view text, std::optional<Name> to = std::nullopt)
    {
        client.send(to.value_or(address), text);
        return tests::run_until(loop, [&] { return client.receive(); });
    }
    /// Turns enough for anything that is going to be answered.
    void settle()
    {
        for (int i = 0; i < 20; ++i)
            tests::run_turn(loop);
    }

    sys::EventLoop loop;
    Gate gate;
    sys::UniqueFd socket;
    Name address;
    std::optional<InternalDatagram> service;
};

} // namespace

TEST_CASE("datagram echo sends back what it gets, an empty datagram too")
{
    Fixture fixture(InternalService::echo);
    Client client(inet_name("127.0.0.1", 0));
    REQUIRE(fixture.ask(client, "hello"));
    CHECK(client.answer == "hello");
    REQUIRE(fixture.ask(client, ""));
    CHECK(client.answer.empty());
}

TEST_CASE("datagram echo cuts what is longer than 2048 bytes")
{
    Fixture fixture(InternalService::echo);
    Client client(inet_name("127.0.0.1", 0));
    REQUIRE(fixture.ask(client, std::string(2048, 'y')));
    CHECK(client.answer.size() == 2048);
    REQUIRE(fixture.ask(client, std::string(2047, 'x') + "yz"));
    CHECK(client.answer == std::string(2047, 'x') + 'y');
}

TEST_CASE("datagram discard asks the gate and never answers")
{
    Fixture fixture(InternalService::discard);
    Client client(inet_name("127.0.0.1", 0));
    client.send(fixture.address, "x");
    REQUIRE(tests::run_until(fixture.loop, [&] { return fixture.gate.asked.size() == 1; }));
    fixture.settle();
    CHECK_FALSE(client.receive());
}

TEST_CASE("datagram chargen goes on where the last answer ended, for any client")
{
    Fixture fixture(InternalService::chargen);
    Client first(inet_name("127.0.0.1", 0));
    Client second(inet_name("127.0.0.1", 0));
    REQUIRE(fixture.ask(first, ""));
    REQUIRE(fixture.ask(second, "whatever"));
    core::ChargenDatagrams expected;
    for (const Client* client : {&first, &second}) {
        const auto datagram = expected.next();
        CHECK(client->answer == std::string(datagram.data(), datagram.size()));
    }
}

TEST_CASE("datagram daytime and time answer any datagram")
{
    Client client(inet_name("127.0.0.1", 0));
    Fixture daytime(InternalService::daytime);
    REQUIRE(daytime.ask(client, ""));
    CHECK(std::regex_match(client.answer,
                           std::regex(R"(\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d \S+\r\n)")));
    Fixture time(InternalService::time);
    REQUIRE(time.ask(client, "x"));
    CHECK(client.answer.size() == 4);
}

TEST_CASE("an answer leaves from the address that was asked")
{
    const std::string wildcard = GENERATE("0.0.0.0", "::");
    Fixture fixture(InternalService::echo, inet_name(wildcard, 0));
    Client client(inet_name("127.0.0.1", 0));
    REQUIRE(fixture.ask(client, "x", inet_name("127.0.0.77", fixture.address.port())));
    CHECK(client.from.text() == "127.0.0.77");
}

TEST_CASE("IPv6 clients are answered, from the address that was asked")
{
    Fixture fixture(InternalService::echo, inet_name("::", 0));
    Client client(inet_name("::1", 0));
    REQUIRE(fixture.ask(client, "x", inet_name("::1", fixture.address.port())));
    CHECK(client.from.text() == "::1");
    CHECK(access::log_text(*fixture.gate.asked.at(0)) == "::1");
}

TEST_CASE("the gate sees the sender, IPv4 on a dual-stack socket in its mapped form")
{
    Fixture fixture(InternalService::echo, inet_name("::", 0));
    Client client(inet_name("127.0.0.5", 0));
    REQUIRE(fixture.ask(client, "x", inet_name("127.0.0.1", fixture.address.port())));
    const auto& peer = fixture.gate.asked.at(0);
    REQUIRE(peer);
    CHECK(access::log_text(*peer) == "::ffff:127.0.0.5");
    CHECK(peer->port == client.port());
}

TEST_CASE("whom the gate refuses gets no answer")
{
    Fixture fixture(InternalService::echo);
    fixture.gate.open = false;
    Client client(inet_name("127.0.0.1", 0));
    client.send(fixture.address, "x");
    REQUIRE(tests::run_until(fixture.loop, [&] { return fixture.gate.asked.size() == 1; }));
    fixture.settle();
    CHECK_FALSE(client.receive());
}

TEST_CASE("a datagram that is kept is answered once it is admitted, and not if it is refused")
{
    Fixture fixture(InternalService::echo);
    fixture.gate.keeps = true;
    Client client(inet_name("127.0.0.1", 0));
    client.send(fixture.address, "one");
    client.send(fixture.address, "two");
    fixture.settle();
    REQUIRE(fixture.gate.tickets.size() == 2);
    CHECK_FALSE(client.receive());

    CHECK(fixture.service->decide(*fixture.gate.tickets[1], true));
    REQUIRE(tests::run_until(fixture.loop, [&] { return client.receive(); }));
    CHECK(client.answer == "two");
    CHECK(fixture.service->decide(*fixture.gate.tickets[0], false));
    CHECK_FALSE(fixture.service->decide(*fixture.gate.tickets[0], true));
    fixture.settle();
    CHECK_FALSE(client.receive());
}

TEST_CASE("only so many datagrams are kept")
{
    Fixture fixture(InternalService::echo);
    const ReceivedDatagram datagram{};
    for (std::size_t i = 0; i < InternalDatagram::max_kept; ++i)
        REQUIRE(fixture.service->keep(datagram));
    CHECK_FALSE(fixture.service->keep(datagram));
}

TEST_CASE("a service does not answer a sender at its own port, and does not ask the gate")
{
    Fixture fixture(InternalService::echo);
    Client client(inet_name("127.0.0.2", fixture.address.port()));
    client.send(fixture.address, "x");
    REQUIRE(tests::run_until(fixture.loop, [&] { return fixture.gate.not_answered.size() == 1; }));
    CHECK(fixture.gate.not_answered[0] == core::ReplyVerdict::well_known_port);
    CHECK(fixture.gate.asked.empty());
}

TEST_CASE("two services that are made to answer each other stop at once")
{
    Fixture fixture(InternalService::echo);
    const sys::UniqueFd other(bound(inet_name("127.0.0.2", fixture.address.port())));
    Gate other_gate;
    InternalDatagram service(fixture.loop, other.get(), InternalService::echo, other_gate);
    Name to = fixture.address;
    REQUIRE(::sendto(other.get(), "x", 1, 0, to.get(), to.length) == 1);
    fixture.settle();
    CHECK(fixture.gate.asked.size() + other_gate.asked.size() == 0);
}

TEST_CASE("a source gets its budget of answers and no more")
{
    Fixture fixture(InternalService::echo);
    Client client(inet_name("127.0.0.9", 0));
    for (int i = 0; i < 100; ++i) {
        client.send(fixture.address, "x");
        tests::run_turn(fixture.loop);
    }
    fixture.settle();
    const int answers = client.receive_all();
    CHECK(answers >= 40);
    CHECK(answers < 100);
    CHECK(fixture.gate.asked.size() == static_cast<std::size_t>(answers));
    CHECK(fixture.gate.not_answered.size() == static_cast<std::size_t>(100 - answers));
    Client another(inet_name("127.0.0.10", 0));
    CHECK(fixture.ask(another, "y"));
}

TEST_CASE("a gate that pauses the service leaves the rest in the socket until it resumes")
{
    Fixture fixture(InternalService::echo);
    fixture.gate.pause_after = 2;
    Client client(inet_name("127.0.0.1", 0));
    for (int i = 0; i < 5; ++i)
        client.send(fixture.address, "x");
    fixture.settle();
    CHECK(client.receive_all() == 2);
    fixture.service->resume();
    fixture.settle();
    CHECK(client.receive_all() == 3);
}

TEST_CASE("UNIX clients with a name are answered, the others are not")
{
    const tests::TemporaryDirectory directory;
    Fixture fixture(InternalService::echo, unix_name(directory.path("service")));
    Client client(unix_name(directory.path("client")));
    const auto to = unix_name(directory.path("service"));
    REQUIRE(fixture.ask(client, "hello", to));
    CHECK(client.answer == "hello");
    CHECK_FALSE(fixture.gate.asked.at(0));

    const sys::UniqueFd nameless(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    Name receiver = to;
    REQUIRE(::sendto(nameless.get(), "x", 1, 0, receiver.get(), receiver.length) == 1);
    REQUIRE(tests::run_until(fixture.loop, [&] { return fixture.gate.asked.size() == 2; }));
    CHECK(fixture.ask(client, "still there", to));
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// Services that want one place: the pairs are what Linux does with two listening sockets that have
// SO_REUSEADDR.

#include <chrono>

#include "config-parser/attribute_table.h"
#include "config-parser/validate.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_clock.h"

namespace usherd::config {

namespace {

InetEndpoint inet(const char* address, std::uint16_t port = 7777)
{
    const std::string_view text = address;
    if (text == "*")
        return {access::Family::ipv4, std::nullopt, port, false};
    if (text == "::")
        return {access::Family::ipv6, std::nullopt, port, false};
    if (text == "v6only")
        return {access::Family::ipv6, std::nullopt, port, true};
    const auto parsed = access::IpAddress::parse(text).value();
    return {parsed.family(), parsed, port, false};
}

SpecPointer service(std::string id, std::vector<Endpoint> endpoints,
                    SocketType type = SocketType::stream)
{
    ServiceSpec spec;
    spec.id = std::move(id);
    spec.name = spec.id;
    spec.socket_type = type;
    spec.settings->protocol = type == SocketType::stream ? Protocol{"tcp", 6} : Protocol{"udp", 17};
    spec.endpoints = std::move(endpoints);
    return std::make_shared<const ServiceSpec>(std::move(spec));
}

struct Outcome {
    std::string kept;
    std::string dropped;
    std::string why;
    std::size_t warnings = 0;
    std::size_t doomed = 0; ///< kept, though they cannot start
};

Outcome check(std::vector<SpecPointer> services)
{
    Sources sources;
    sources.add("test.conf", std::make_shared<const std::string>());
    Diagnostics diagnostics(sources);
    std::vector<DroppedService> dropped;
    check_duplicates(services, dropped, diagnostics);
    Outcome outcome;
    for (const SpecPointer& one : services)
        outcome.kept += one->id;
    for (const DroppedService& one : dropped) {
        outcome.dropped += one.id;
        outcome.why = one.why;
    }
    for (const Diagnostic& told : diagnostics.all())
        outcome.doomed += told.severity == Severity::error && told.unknown_to_xinetd ? 1 : 0;
    CHECK(diagnostics.errors() == dropped.size() + outcome.doomed);
    outcome.warnings = diagnostics.warnings();
    return outcome;
}

bool conflict(const char* first, const char* second, SocketType type = SocketType::stream)
{
    const Outcome outcome =
        check({service("a", {inet(first)}, type), service("b", {inet(second)}, type)});
    return !outcome.dropped.empty() || outcome.doomed > 0;
}

/// With `listen`.
SpecPointer listening(std::string id, std::vector<Endpoint> endpoints)
{
    auto spec = std::make_shared<ServiceSpec>(*service(std::move(id), std::move(endpoints)));
    spec->set_origins({{find_attribute("listen").value(), false, {}}});
    return spec;
}

/// With `bind`.
SpecPointer bound(std::string id, const char* address, SocketType type = SocketType::stream)
{
    auto spec = std::make_shared<ServiceSpec>(*service(std::move(id), {inet(address)}, type));
    spec->settings->bind_text = address;
    return spec;
}

} // namespace

TEST_CASE("stream sockets conflict where their addresses overlap")
{
    struct Pair {
        const char* first;
        const char* second;
    };
    for (const Pair& pair :
         {Pair{"*", "*"}, Pair{"*", "127.0.0.1"}, Pair{"*", "::"}, Pair{"127.0.0.1", "127.0.0.1"},
          Pair{"127.0.0.1", "::"}, Pair{"::", "::"}, Pair{"::", "v6only"}, Pair{"::", "::1"},
          Pair{"v6only", "v6only"}, Pair{"v6only", "::1"}, Pair{"::1", "::1"}}) {
        INFO(pair.first << " and " << pair.second);
        CHECK(conflict(pair.first, pair.second));
        CHECK(conflict(pair.second, pair.first));
    }
}

TEST_CASE("stream sockets with disjoint addresses share a port")
{
    struct Pair {
        const char* first;
        const char* second;
    };
    for (const Pair& pair :
         {Pair{"127.0.0.1", "127.0.0.2"}, Pair{"*", "v6only"}, Pair{"*", "::1"},
          Pair{"127.0.0.1", "v6only"}, Pair{"127.0.0.1", "::1"}, Pair{"::1", "2001:db8::1"}}) {
        INFO(pair.first << " and " << pair.second);
        CHECK_FALSE(conflict(pair.first, pair.second));
        CHECK_FALSE(conflict(pair.second, pair.first));
    }
}

TEST_CASE("datagram sockets conflict only on one and the same address")
{
    CHECK(conflict("127.0.0.1", "127.0.0.1", SocketType::dgram));
    CHECK_FALSE(conflict("*", "127.0.0.1", SocketType::dgram));
    CHECK_FALSE(conflict("127.0.0.1", "*", SocketType::dgram));
    CHECK_FALSE(conflict("::", "::1", SocketType::dgram));
}

// As with xinetd both are there.
TEST_CASE("two datagram services on one wildcard stay, with a warning")
{
    const Outcome outcome = check({service("a", {inet("::")}, SocketType::dgram),
                                   service("b", {inet("*")}, SocketType::dgram)});
    CHECK(outcome.kept == "ab");
    CHECK(outcome.warnings == 1);
    CHECK(check({service("a", {inet("v6only")}, SocketType::dgram),
                 service("b", {inet("*")}, SocketType::dgram)})
              .warnings == 0);
}

// D34: bound first, wildcard second is no duplicate where the kernel has both.
TEST_CASE("only duplicates of a service with a bind address are dropped, as in xinetd")
{
    CHECK(check({bound("a", "127.0.0.1"), bound("b", "127.0.0.1")}).dropped == "b");
    CHECK(check({bound("a", "127.0.0.1"), service("b", {inet("::")})}).dropped == "b");
    CHECK(check({bound("a", "*"), bound("b", "*")}).dropped == "b");
    for (const auto& pair : {std::vector{service("a", {inet("::")}), service("b", {inet("::")})},
                             std::vector{service("a", {inet("::")}), bound("b", "127.0.0.1")},
                             std::vector{bound("a", "*"), bound("b", "127.0.0.1")}}) {
        const Outcome outcome = check(pair);
        CHECK(outcome.kept == "ab");
        CHECK(outcome.doomed == 1);
    }
    const Outcome both = check({bound("a", "127.0.0.1", SocketType::dgram),
                                service("b", {inet("::")}, SocketType::dgram)});
    CHECK(both.kept == "ab");
    CHECK(both.doomed == 0);
}

TEST_CASE("different ports, protocols and port 0 do not conflict")
{
    CHECK(check({service("a", {inet("*", 1)}), service("b", {inet("*", 2)})}).kept == "ab");
    CHECK(check({service("a", {inet("*")}), service("b", {inet("*")}, SocketType::dgram)}).kept ==
          "ab");
    CHECK(check({service("a", {inet("*", 0)}), service("b", {inet("*", 0)})}).kept == "ab");
}

TEST_CASE("the later service is dropped and does not stand in the way of others")
{
    const Outcome outcome = check({listening("a", {inet("127.0.0.1", 1)}),
                                   listening("b", {inet("127.0.0.1", 2), inet("127.0.0.1", 1)}),
                                   listening("c", {inet("127.0.0.1", 2)})});
    CHECK(outcome.kept == "ac");
    CHECK(outcome.dropped == "b");
    CHECK(outcome.why == "service 'b': 127.0.0.1:1 is taken by service 'a'");
}

TEST_CASE("UNIX sockets conflict by name, and abstract names are others")
{
    CHECK(check({service("a", {UnixEndpoint{"/run/x", false}}),
                 service("b", {UnixEndpoint{"/run/x", false}})})
              .dropped == "b");
    CHECK(check({service("a", {UnixEndpoint{"/run/x", false}}),
                 service("b", {UnixEndpoint{"/run/x", true}}),
                 service("c", {UnixEndpoint{"/run/y", false}})})
              .kept == "abc");
}

TEST_CASE("services without a fixed place are left alone")
{
    auto rpc = std::make_shared<ServiceSpec>(*service("r", {inet("*", 0)}));
    rpc->types.add(ServiceType::rpc);
    CHECK(check({rpc, rpc, service("t", {}), service("t", {})}).kept == "rrtt");
}

TEST_CASE("30,000 services on one port with an address each are checked at once")
{
    std::vector<SpecPointer> services;
    for (std::uint32_t i = 1; i <= 30'000; ++i) {
        const auto octet = [i](unsigned shift) {
            return static_cast<std::uint8_t>(i >> shift & 0xff);
        };
        InetEndpoint endpoint = inet("*");
        endpoint.address = access::IpAddress::from_ipv4({10, octet(16), octet(8), octet(0)});
        services.push_back(service("s", {endpoint}));
    }
    Sources sources;
    Diagnostics diagnostics(sources);
    std::vector<DroppedService> dropped;
    const auto start = tests::CpuClock::now();
    check_duplicates(services, dropped, diagnostics);
    CHECK(tests::CpuClock::now() - start < std::chrono::seconds{2});
    CHECK(services.size() == 30'000);
}

} // namespace usherd::config

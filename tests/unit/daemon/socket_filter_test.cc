// SPDX-License-Identifier: BSD-2-Clause
//
// Address rules on real sockets: what the kernel makes of the programs. (tests/integration has the
// services.)

#include <netinet/in.h>
#include <poll.h>

#include "daemon/socket_filter.h"
#include "daemon/sys/socket.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

constexpr std::uint8_t loopback[4] = {127, 0, 0, 1};

config::ServiceSpec waiting_service(const access::AddressSet& only_from)
{
    config::ServiceSpec spec;
    spec.wait = true;
    spec.settings->protocol = {"tcp", IPPROTO_TCP};
    spec.endpoints.emplace_back(config::InetEndpoint{access::Family::ipv4, std::nullopt, 0, false});
    spec.policy->only_from = only_from;
    return spec;
}

access::AddressSet only(std::uint8_t last)
{
    return access::AddressSet(
        {access::make_prefix(access::IpAddress::from_ipv4({127, 0, 0, last}))});
}

struct ListeningSocket {
    ListeningSocket()
        : fd(std::move(*sys::open_socket(AF_INET, SOCK_STREAM, 0, sys::Blocking::yes)))
    {
        REQUIRE(sys::bind_to(fd.get(), sys::ipv4_address(loopback, 0)));
        REQUIRE(sys::listen_on(fd.get(), 16));
        address = *sys::local_address(fd.get());
    }
    [[nodiscard]] sys::UniqueFd client() const
    {
        auto made = std::move(*sys::open_socket(AF_INET, SOCK_STREAM, 0, sys::Blocking::no));
        (void)::connect(made.get(), address.get(), address.length);
        return made;
    }

    sys::UniqueFd fd;
    sys::SocketAddress address;
};

bool happens(const sys::UniqueFd& fd, short what, int milliseconds)
{
    pollfd waiting{fd.get(), what, 0};
    return ::poll(&waiting, 1, milliseconds) == 1;
}

constexpr int soon = 20'000;
constexpr int never = 200; ///< long enough on the loopback interface to see that nothing comes

} // namespace

TEST_CASE("whoever waits on a passed socket when its rules come is sent away, and later ones too")
{
    const ListeningSocket socket;
    const sys::UniqueFd early = socket.client();
    REQUIRE(happens(early, POLLOUT, soon));

    const auto spec = waiting_service(only(9));
    REQUIRE(enforce_address_rules_late(socket.fd.get(), spec.endpoints.front(), spec));

    CHECK(happens(early, POLLIN, soon)); // the end of it
    CHECK_FALSE(happens(socket.client(), POLLOUT, never));
}

TEST_CASE("rules that no filter can hold leave a socket that refuses everybody")
{
    const ListeningSocket socket;
    const auto before = waiting_service(only(1));
    REQUIRE(enforce_address_rules(socket.fd.get(), before.endpoints.front(), before));
    const sys::UniqueFd admitted = socket.client();
    REQUIRE(happens(admitted, POLLOUT, soon));

    const auto now = waiting_service(access::AddressSet({access::HostPattern{".example.com"}}));
    CHECK_FALSE(renew_address_rules(socket.fd.get(), now.endpoints.front(), before, now));
    CHECK_FALSE(happens(socket.client(), POLLOUT, never));
}

TEST_CASE("rules that go away admit everybody again")
{
    const ListeningSocket socket;
    const auto before = waiting_service(only(9));
    REQUIRE(enforce_address_rules(socket.fd.get(), before.endpoints.front(), before));
    auto now = before;
    now.policy->only_from.reset();
    REQUIRE(renew_address_rules(socket.fd.get(), now.endpoints.front(), before, now));
    CHECK(happens(socket.client(), POLLOUT, soon));
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// AddressResolver against a name server in the same loop, whose answers change.

#include <memory>
#include <string>
#include <vector>

#include "daemon/sys/address_resolver.h"
#include "tests/unit/sys/fake_dns.h"
#include "tests/unit/sys/guarded_loop.h"
#include "tests/unit/sys/host_helpers.h"

namespace usherd::sys {

namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<HostAddress>;

class Asker {
public:
    Asker(GuardedLoop& guarded, AddressResolver& resolver, const std::string& name)
        : lookup(resolver.lookup(name, bind_addresses<&Asker::on_addresses>(*this))),
          guarded_(guarded)
    {
    }
    void on_addresses(std::span<const HostAddress> found) noexcept
    {
        ++answers;
        addresses.assign(found.begin(), found.end());
        guarded_.loop.stop();
    }
    Addresses wait()
    {
        while (answers == 0)
            guarded_.run();
        return addresses;
    }

    int answers = 0;
    Addresses addresses;
    AddressLookup lookup;

private:
    GuardedLoop& guarded_;
};

class Resolving : public GuardedLoop {
public:
    Resolving()
    {
        options.nameserver = dns.address();
        options.hosts_file = hosts.path();
        options.resolv_conf = "/nonexistent/resolv.conf";
    }
    AddressResolver& resolver()
    {
        if (!resolver_)
            resolver_ = std::make_unique<AddressResolver>(loop, options);
        return *resolver_;
    }
    /// Every question goes to the server.
    void forget_at_once() { options.min_ttl = options.max_ttl = options.failure_ttl = 0s; }
    Addresses ask(const std::string& name) { return Asker(*this, resolver(), name).wait(); }

    FakeDns dns{loop};
    TemporaryFile hosts{""};
    AddressResolverOptions options;

private:
    std::unique_ptr<AddressResolver> resolver_;
};

Addresses of(std::initializer_list<const char*> texts)
{
    Addresses addresses;
    for (const char* text : texts)
        addresses.push_back(unmapped(host(text)));
    return addresses;
}

} // namespace

TEST_CASE("a name has the addresses of its A records, in their order")
{
    Resolving test;
    test.dns.add_a("www.example.test", "192.0.2.9");
    test.dns.add_a("www.example.test", "192.0.2.1");
    test.dns.add_aaaa("www.example.test", "2001:db8::1");
    CHECK(test.ask("www.example.test") == of({"192.0.2.9", "192.0.2.1"}));
}

TEST_CASE("a name without A records has those of its AAAA records")
{
    Resolving test;
    test.dns.add_aaaa("www.example.test", "2001:db8::1");
    CHECK(test.ask("www.example.test") == of({"2001:db8::1"}));
}

TEST_CASE("a name that does not exist has no address")
{
    Resolving test;
    CHECK(test.ask("www.example.test").empty());
}

TEST_CASE("the hosts file comes before the name server, with all names of a line")
{
    Resolving test;
    test.hosts.write("2001:db8::7 seven\n192.0.2.7 seven.example.test SEVEN # seven\n");
    test.dns.add_a("seven.example.test", "192.0.2.66");
    CHECK(test.ask("seven.example.test") == of({"192.0.2.7"}));
    CHECK(test.ask("Seven") == of({"192.0.2.7", "2001:db8::7"}));
    CHECK(test.dns.questions.empty());
}

TEST_CASE("an answer is remembered for its time, and a changed one is seen afterwards")
{
    Resolving test;
    SECTION("its time is not over")
    {
        test.dns.add_a("www.example.test", "192.0.2.1");
        CHECK(test.ask("www.example.test") == of({"192.0.2.1"}));
        test.dns.forget_all();
        test.dns.add_a("www.example.test", "192.0.2.2");
        CHECK(test.ask("www.example.test") == of({"192.0.2.1"}));
        CHECK(test.dns.questions.size() == 1);
        test.resolver().reload();
        CHECK(test.ask("www.example.test") == of({"192.0.2.2"}));
    }
    SECTION("its time is over")
    {
        test.forget_at_once();
        test.dns.add_a("www.example.test", "192.0.2.1");
        CHECK(test.ask("www.example.test") == of({"192.0.2.1"}));
        test.dns.forget_all();
        test.dns.add_a("www.example.test", "192.0.2.2");
        CHECK(test.ask("www.example.test") == of({"192.0.2.2"}));
    }
}

TEST_CASE("the last good answer counts while the name server fails")
{
    Resolving test;
    test.forget_at_once();
    test.dns.add_a("www.example.test", "192.0.2.1");
    REQUIRE(test.ask("www.example.test") == of({"192.0.2.1"}));
    SECTION("by an error")
    {
        test.dns.error = DNS_ERR_SERVERFAILED;
    }
    SECTION("by not knowing the name")
    {
        test.dns.forget_all();
    }
    CHECK(test.ask("www.example.test") == of({"192.0.2.1"}));
}

TEST_CASE("nobody waits longer than the deadline, and a late answer is remembered")
{
    Resolving test;
    test.options.deadline = 300ms;
    test.options.failure_ttl = 0s;
    test.dns.add_a("www.example.test", "192.0.2.1");
    test.dns.hold = true;
    CHECK(test.ask("www.example.test").empty());
    test.dns.release();
    CHECK(test.ask("www.example.test") == of({"192.0.2.1"}));
}

TEST_CASE("a server that does not answer is left alone for a while")
{
    Resolving test;
    test.options.deadline = 300ms;
    test.options.failure_ttl = 60s;
    test.dns.hold = true;
    CHECK(test.ask("www.example.test").empty());
    const std::size_t asked = test.dns.questions.size();
    CHECK(test.ask("www.example.test").empty());
    CHECK(test.dns.questions.size() == asked);
}

TEST_CASE("equal names share a question, and a withdrawn one is not answered")
{
    Resolving test;
    test.dns.add_a("www.example.test", "192.0.2.1");
    Asker first(test, test.resolver(), "www.example.test");
    Asker second(test, test.resolver(), "www.example.test");
    CHECK(first.lookup.is_pending());
    first.lookup = {};
    CHECK(second.wait() == of({"192.0.2.1"}));
    CHECK(first.answers == 0);
    CHECK(test.dns.questions.size() == 1);
}

TEST_CASE("a look-up may outlive the resolver")
{
    GuardedLoop guarded;
    AddressResolverOptions options;
    options.nameserver = "127.0.0.1:1";
    options.hosts_file = "/nonexistent/hosts";
    auto resolver = std::make_unique<AddressResolver>(guarded.loop, options);
    Asker asker(guarded, *resolver, "www.example.test");
    resolver.reset();
    CHECK_FALSE(asker.lookup.is_pending());
    guarded.run_for(50ms);
    CHECK(asker.answers == 0);
}

} // namespace usherd::sys

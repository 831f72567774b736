// SPDX-License-Identifier: BSD-2-Clause
//
// HostNameResolver against a name server in the same loop.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/sys/resolver.h"
#include "tests/unit/sys/fake_dns.h"
#include "tests/unit/sys/guarded_loop.h"
#include "tests/unit/sys/host_helpers.h"

namespace usherd::sys {

namespace {

using namespace std::chrono_literals;

/// A look-up and what came of it.
class Asker {
public:
    Asker(GuardedLoop& guarded, HostNameResolver& resolver, const char* address)
        : guarded_(guarded), resolver_(resolver), address_(host(address))
    {
        lookup = resolver_.lookup(address_, bind_name<&Asker::on_name>(*this));
    }
    void on_name(std::string_view found) noexcept
    {
        ++answers;
        name = found;
        guarded_.loop.stop();
    }
    std::string wait()
    {
        while (answers == 0)
            guarded_.run();
        return name;
    }

    HostNameLookup lookup;
    int answers = 0;
    std::string name;

private:
    GuardedLoop& guarded_;
    HostNameResolver& resolver_;
    HostAddress address_;
};

class Resolving : public GuardedLoop {
public:
    Resolving()
    {
        options.nameserver = dns.address();
        options.hosts_file = hosts.path();
        options.resolv_conf = "/nonexistent/resolv.conf";
    }
    HostNameResolver& resolver()
    {
        if (!resolver_)
            resolver_ = std::make_unique<HostNameResolver>(loop, options);
        return *resolver_;
    }
    std::string name_of(const char* address) { return Asker(*this, resolver(), address).wait(); }

    FakeDns dns{loop};
    TemporaryFile hosts{""};
    ResolverOptions options;
    std::unique_ptr<HostNameResolver> resolver_;
};

} // namespace

TEST_CASE_METHOD(Resolving, "a name whose addresses hold the client's is the client's name")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.6");
    dns.add_a("seven.example.test", "192.0.2.7");
    CHECK(name_of("192.0.2.7") == "seven.example.test");
    CHECK(dns.questions ==
          std::vector<std::string>{"7.2.0.192.in-addr.arpa", "seven.example.test"});
}

TEST_CASE_METHOD(Resolving, "an IPv6 client is confirmed by AAAA records")
{
    const std::string reverse =
        "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
    dns.add_ptr(reverse, "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    dns.add_aaaa("seven.example.test", "2001:db8::6");
    dns.add_aaaa("seven.example.test", "2001:db8::7");
    CHECK(name_of("2001:db8::7") == "seven.example.test");
}

TEST_CASE_METHOD(Resolving, "a name that does not lead back to the client proves nothing")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "trusted.example.test");
    dns.add_a("trusted.example.test", "198.51.100.1");
    CHECK(name_of("192.0.2.7").empty());
    dns.add_ptr("8.2.0.192.in-addr.arpa", "nowhere.example.test");
    CHECK(name_of("192.0.2.8").empty());
}

TEST_CASE_METHOD(Resolving, "a mapped client is asked about as the IPv4 client it is")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    CHECK(name_of("::ffff:192.0.2.7") == "seven.example.test");
}

TEST_CASE_METHOD(Resolving, "the hosts file comes first and needs no confirmation")
{
    hosts.write("127.0.0.1 localhost\n::1 localhost6\n");
    CHECK(name_of("127.0.0.1") == "localhost");
    CHECK(name_of("::ffff:127.0.0.1") == "localhost");
    CHECK(name_of("::1") == "localhost6");
    CHECK(dns.questions.empty());
    CHECK(resolver().known(host("127.0.0.1")) == "localhost");
    CHECK(resolver().known(host("::ffff:127.0.0.1")) == "localhost");
}

TEST_CASE_METHOD(Resolving, "names and the lack of one are remembered")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    CHECK_FALSE(resolver().known(host("192.0.2.7")));
    CHECK(name_of("192.0.2.7") == "seven.example.test");
    CHECK(name_of("192.0.2.8").empty());
    const auto asked = dns.questions.size();

    CHECK(name_of("192.0.2.7") == "seven.example.test");
    CHECK(name_of("192.0.2.8").empty());
    CHECK(dns.questions.size() == asked);
    CHECK(resolver().known(host("::ffff:192.0.2.7")) == "seven.example.test");
    CHECK(resolver().known(host("192.0.2.8")) == "");
}

TEST_CASE_METHOD(Resolving, "a remembered answer comes out of the loop and not out of the call")
{
    hosts.write("192.0.2.7 seven\n");
    Asker asker(*this, resolver(), "192.0.2.7");
    CHECK(asker.answers == 0);
    CHECK(asker.lookup.is_pending());
    CHECK(asker.wait() == "seven");
    CHECK_FALSE(asker.lookup.is_pending());
}

TEST_CASE_METHOD(Resolving, "a server that fails or does not know gives no name")
{
    CHECK(name_of("192.0.2.1").empty());
    for (const int error :
         {DNS_ERR_FORMAT, DNS_ERR_SERVERFAILED, DNS_ERR_NOTIMPL, DNS_ERR_REFUSED}) {
        options.deadline = 600ms;
        resolver_.reset();
        dns.error = error;
        CHECK(name_of("192.0.2.7").empty());
    }
}

TEST_CASE_METHOD(Resolving, "what a PTR record says is no name if it cannot be one")
{
    const auto* const odd = GENERATE("192.0.2.7", "a b.example.test", "a\nb.example.test",
                                     "<script>.test", "\xc3\xb6.example.test", "a/b.test");
    dns.add_ptr("7.2.0.192.in-addr.arpa", odd);
    dns.add_a(odd, "192.0.2.7");
    CHECK(name_of("192.0.2.7").empty());
    CHECK(dns.questions.size() == 1); // no one is asked for its addresses
}

TEST_CASE_METHOD(Resolving, "the deadline covers the look-up as a whole")
{
    options.deadline = 300ms;
    dns.hold = true;
    const auto begin = std::chrono::steady_clock::now();
    CHECK(name_of("192.0.2.7").empty());
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 290ms); // libevent's clock is the coarse one: a tick or two behind this one
    CHECK(took < 3s);
}

TEST_CASE_METHOD(Resolving, "an answer after the deadline is dropped")
{
    options.deadline = 150ms;
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    dns.hold = true;
    Asker asker(*this, resolver(), "192.0.2.7");
    CHECK(asker.wait().empty());
    dns.release();
    run_for(100ms);
    CHECK(asker.answers == 1);
    CHECK(resolver().known(host("192.0.2.7")) == ""); // for a little while
}

TEST_CASE_METHOD(Resolving, "a name that is confirmed too late is dropped too")
{
    options.deadline = 200ms;
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    dns.hold = true;
    Asker asker(*this, resolver(), "192.0.2.7");
    Hook first_answer([&] {
        dns.release();
        dns.hold = true;
    });
    Timer timer(loop, first_answer);
    timer.start(30ms);
    CHECK(asker.wait().empty());
    REQUIRE(dns.questions.back() == "seven.example.test");
    dns.release();
    run_for(50ms);
    CHECK(asker.answers == 1);
}

TEST_CASE_METHOD(Resolving, "a question that is lost is put again")
{
    options.deadline = 900ms;
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    dns.hold = true; // the first is held for ever
    Asker asker(*this, resolver(), "192.0.2.7");
    Hook answer_from_now_on([&] { dns.hold = false; });
    Timer timer(loop, answer_from_now_on);
    timer.start(50ms);
    CHECK(asker.wait() == "seven.example.test");
}

TEST_CASE_METHOD(Resolving, "a withdrawn look-up does not call")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    Asker asker(*this, resolver(), "192.0.2.7");
    asker.lookup = HostNameLookup();
    run_for(100ms);
    CHECK(asker.answers == 0);
    CHECK(resolver().known(host("192.0.2.7")) == "seven.example.test"); // learnt all the same
}

TEST_CASE_METHOD(Resolving, "a look-up moves with its owner")
{
    hosts.write("192.0.2.7 seven\n");
    Asker asker(*this, resolver(), "192.0.2.7");
    HostNameLookup moved = std::move(asker.lookup);
    CHECK(moved.is_pending());
    asker.lookup = std::move(moved);
    CHECK(asker.wait() == "seven");
}

TEST_CASE_METHOD(Resolving, "equal addresses share one question, and each asker gets the answer")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    std::vector<std::unique_ptr<Asker>> askers;
    askers.reserve(10);
    for (int i = 0; i < 10; ++i)
        askers.push_back(std::make_unique<Asker>(*this, resolver(),
                                                 i % 2 == 0 ? "192.0.2.7" : "::ffff:192.0.2.7"));
    askers[3].reset();
    for (auto& asker : askers)
        if (asker)
            CHECK(asker->wait() == "seven.example.test");
    CHECK(dns.questions.size() == 2);
}

TEST_CASE_METHOD(Resolving, "no more addresses are asked about at once than allowed")
{
    options.max_concurrent = 2;
    dns.hold = true;
    const Asker first(*this, resolver(), "192.0.2.1");
    const Asker second(*this, resolver(), "192.0.2.2");
    Asker third(*this, resolver(), "192.0.2.3");
    {
        const Asker withdrawn(*this, resolver(), "192.0.2.4");
    }
    run_for(50ms);
    CHECK(dns.held() == 2);
    CHECK(first.answers + second.answers + third.answers == 0);
    dns.release();
    CHECK(third.wait().empty());
    for (const auto& question : dns.questions)
        CHECK(question != "4.2.0.192.in-addr.arpa"); // withdrawn before its turn
}

TEST_CASE_METHOD(Resolving, "a dead server does not hold places for ever")
{
    options.max_concurrent = 1;
    options.deadline = 150ms;
    dns.hold = true;
    dns.add_ptr("2.2.0.192.in-addr.arpa", "two.example.test");
    dns.add_a("two.example.test", "192.0.2.2");
    CHECK(name_of("192.0.2.1").empty());
    run_for(200ms); // libevent gives up in its turn
    dns.release();
    CHECK(name_of("192.0.2.2") == "two.example.test");
}

TEST_CASE_METHOD(Resolving, "a callback may begin the next look-up and withdraw others")
{
    hosts.write("192.0.2.1 one\n192.0.2.2 two\n");
    struct Chain {
        void on_first(std::string_view name) noexcept
        {
            order += name;
            other = HostNameLookup();
            first = resolver->lookup(host("192.0.2.2"), bind_name<&Chain::on_second>(*this));
        }
        void on_second(std::string_view name) noexcept
        {
            order += name;
            loop->stop();
        }
        void on_other(std::string_view) noexcept { order += "other"; }

        HostNameResolver* resolver;
        EventLoop* loop;
        HostNameLookup first{};
        HostNameLookup other{};
        std::string order{};
    };
    Chain chain{&resolver(), &loop};
    chain.first = resolver().lookup(host("192.0.2.1"), bind_name<&Chain::on_first>(chain));
    chain.other = resolver().lookup(host("192.0.2.1"), bind_name<&Chain::on_other>(chain));
    run();
    CHECK(chain.order == "onetwo");
}

TEST_CASE_METHOD(Resolving, "a callback may end the resolver")
{
    hosts.write("192.0.2.1 one\n");
    struct Ender {
        void on_name(std::string_view) noexcept
        {
            ++calls;
            resolver->reset();
            loop->stop();
        }
        std::unique_ptr<HostNameResolver>* resolver;
        EventLoop* loop;
        int calls = 0;
    };
    Ender ender{&resolver_, &loop};
    const auto one = resolver().lookup(host("192.0.2.1"), bind_name<&Ender::on_name>(ender));
    const auto two = resolver().lookup(host("192.0.2.1"), bind_name<&Ender::on_name>(ender));
    run();
    run_for(20ms);
    CHECK(ender.calls == 1);
    CHECK_FALSE(two.is_pending());
}

TEST_CASE_METHOD(Resolving, "nothing is called once the resolver is gone, though the loop runs on")
{
    dns.hold = true;
    hosts.write("192.0.2.9 nine\n");
    const Asker asking(*this, resolver(), "192.0.2.7");
    const Asker ready(*this, resolver(), "192.0.2.9");
    run_for(0ms);
    const int answered = ready.answers;
    const Asker again(*this, resolver(), "192.0.2.9");
    resolver_.reset();
    CHECK_FALSE(asking.lookup.is_pending());
    dns.release();
    run_for(50ms);
    CHECK(asking.answers == 0);
    CHECK(ready.answers == answered);
    CHECK(again.answers == 0);
}

TEST_CASE_METHOD(Resolving, "the resolver may end in the turn in which an answer comes in")
{
    // Between libevent's reading of the answer and its call there is a moment: try them all.
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    for (int turns = 1; turns < 12; ++turns) {
        const Asker asker(*this, resolver(), "192.0.2.7");
        for (int i = 0; i < turns; ++i) {
            Hook stop([&] { loop.stop(); });
            Deferred deferred(loop, stop);
            deferred.schedule();
            REQUIRE(loop.run());
        }
        resolver_.reset();
        const int answered = asker.answers;
        run_for(5ms);
        CHECK(asker.answers == answered);
    }
}

TEST_CASE_METHOD(Resolving, "a reload reads the hosts file again and forgets")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "old.example.test");
    dns.add_a("old.example.test", "192.0.2.7");
    hosts.write("192.0.2.1 one\n");
    CHECK(name_of("192.0.2.1") == "one");
    CHECK(name_of("192.0.2.7") == "old.example.test");
    hosts.write("192.0.2.7 new.example.test\n");
    CHECK(name_of("192.0.2.1") == "one"); // not before the reload
    resolver().reload();
    CHECK(name_of("192.0.2.1").empty());
    CHECK(name_of("192.0.2.7") == "new.example.test");
}

TEST_CASE_METHOD(Resolving, "a reload while questions are on their way loses none")
{
    dns.add_ptr("7.2.0.192.in-addr.arpa", "seven.example.test");
    dns.add_a("seven.example.test", "192.0.2.7");
    dns.hold = true;
    Asker asker(*this, resolver(), "192.0.2.7");
    run_for(30ms);
    REQUIRE(dns.held() == 1);
    resolver().reload();
    dns.hold = false;
    CHECK(asker.wait() == "seven.example.test");
}

TEST_CASE_METHOD(Resolving, "without resolv.conf and hosts file there is a resolver all the same")
{
    options.nameserver.clear();
    options.hosts_file = "/nonexistent/hosts";
    options.deadline = 100ms;
    CHECK(name_of("192.0.2.7").empty()); // nobody at 127.0.0.1 knows a documentation address
    resolver().reload();
    CHECK(name_of("192.0.2.8").empty());
}

TEST_CASE_METHOD(Resolving, "a nameserver that is no address is no reason to fail")
{
    options.nameserver = "not an address";
    options.deadline = 100ms;
    CHECK(name_of("192.0.2.7").empty());
}

TEST_CASE_METHOD(Resolving, "the nameserver of resolv.conf is found")
{
    // It cannot name a port, so only that it is read without harm can be seen here.
    const TemporaryFile resolv_conf("nameserver 127.0.0.1\noptions timeout:1\n");
    options.nameserver.clear();
    options.resolv_conf = resolv_conf.path();
    options.deadline = 100ms;
    CHECK(name_of("192.0.2.7").empty());
}

TEST_CASE_METHOD(Resolving,
                 "where nsswitch.conf leaves the DNS out nobody is asked, nor waited for")
{
    const TemporaryFile nsswitch("hosts: files\n");
    hosts.write("192.0.2.8 eight.example.test\n");
    options.nameserver.clear();
    options.nsswitch_conf = nsswitch.path();
    options.deadline = 60s;
    CHECK(name_of("192.0.2.7").empty());
    CHECK(name_of("192.0.2.8") == "eight.example.test");
}

} // namespace usherd::sys

// SPDX-License-Identifier: BSD-2-Clause
//
// Every form of an address word, and what became of it.

#include "config-parser/address_syntax.h"
#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;

namespace {

std::string show(const access::AddressRule& rule)
{
    if (const auto* host = std::get_if<access::HostPattern>(&rule))
        return host->text;
    const auto& prefix = std::get<access::Prefix>(rule);
    if (prefix.family == access::Family::ipv4)
        return fmt::format("{}/{}", to_string(access::IpAddress::from_ipv6(prefix.bytes)),
                           prefix.length);
    std::string text;
    for (std::size_t i = 0; i < prefix.bytes.size(); i += 2)
        text +=
            fmt::format("{}{:x}", i == 0 ? "" : ":", prefix.bytes[i] << 8 | prefix.bytes[i + 1]);
    return fmt::format("{}/{}", text, prefix.length);
}

std::string rules_of(std::string_view words)
{
    DraftBench bench;
    bench.set("only_from = " + std::string(words));
    std::string text;
    for (const PlacedRule& placed : bench.draft.only_from.value())
        text += (text.empty() ? "" : " ") + show(placed.rule);
    return text;
}

std::string shown_of(std::string_view words)
{
    DraftBench bench;
    bench.set("only_from = " + std::string(words));
    std::string text;
    for (const PlacedRule& placed : bench.draft.only_from.value())
        text += (text.empty() ? "" : " ") + placed.shown;
    return text;
}

struct Form {
    const char* word;
    const char* rules;
};

} // namespace

TEST_CASE("numeric IPv4 words are hosts, their trailing zeros wildcards")
{
    for (const Form& form :
         {Form{"10.1.2.3", "10.1.2.3/32"}, Form{"10.1.2.0", "10.1.2.0/24"},
          Form{"10.1.0.0", "10.1.0.0/16"}, Form{"10.0.0.0", "10.0.0.0/8"},
          Form{"10.0.5.0", "10.0.5.0/24"}, Form{"0.0.0.0", "0.0.0.0/0"}, Form{"0", "0.0.0.0/0"},
          Form{"10", "0.0.0.10/32"}, Form{"10.1", "10.0.0.1/32"}, Form{"10.1.2", "10.1.0.2/32"},
          Form{"0x7f.1", "127.0.0.1/32"}, Form{"010.1.1.1", "8.1.1.1/32"},
          Form{"4294967295", "255.255.255.255/32"}}) {
        INFO(form.word);
        CHECK(rules_of(form.word) == form.rules);
    }
}

TEST_CASE("the state dump shows a word of an address list in xinetd's form")
{
    for (const Form& form :
         {Form{"10.1.2.3", "10.1.2.3(NUMERIC)"}, Form{"10.1.2.0", "10.1.2.0(NUMERIC)"},
          Form{"0", "0.0.0.0(NUMERIC)"}, Form{"10.1", "10.0.0.1(NUMERIC)"},
          Form{"10.1.2.3/24", "10.1.2.3/255.255.255.0(NET)"},
          Form{"1.2.3.4/0", "1.2.3.4/0.0.0.0(NET)"}, Form{"1.2.3.4/32", "1.2.3.4(NUMERIC)"},
          Form{"1.2.3.4/33", "1.2.3.4/255.255.255.255(NET)"},
          Form{"1.2.3.0/-1", "1.2.3.0/255.255.255.255(NET)"},
          Form{"10.1.{2,3}", "10.1.2.0(NUMERIC) 10.1.3.0(NUMERIC)"}, Form{"::1", "::1(NUMERIC)"},
          Form{"fe80::/10", "fe80::/ffc0::(NET)"}, Form{"::/0", "::/::(NET)"},
          Form{"2001:db8::5/33", "2001:db8::5/ffff:ffff:8000::(NET)"},
          Form{"2001:db8::1/128", "2001:db8::1(NUMERIC)"},
          Form{"::ffff:10.1.2.3", "::ffff:10.1.2.3(NUMERIC)"},
          Form{".example.test", ".example.test(HOST)"}}) {
        INFO(form.word);
        CHECK(shown_of(form.word) == form.rules);
    }
}

TEST_CASE("a length after a slash makes a prefix")
{
    for (const Form& form :
         {Form{"10.1.2.3/24", "10.1.2.0/24"}, Form{"10.1.2.3/32", "10.1.2.3/32"},
          Form{"10.1.2.3/0", "0.0.0.0/0"}, Form{"127/8", "0.0.0.0/8"},
          Form{"10.1/16", "10.0.0.0/16"}, Form{"10.0.0.0/08", "10.0.0.0/8"},
          Form{"10.0.0.0/+8", "10.0.0.0/8"}, Form{"2001:db8::/32", "2001:db8:0:0:0:0:0:0/32"},
          Form{"::/0", "0:0:0:0:0:0:0:0/0"}, Form{"::1/128", "0:0:0:0:0:0:0:1/128"},
          Form{"2001:db8::1/64", "2001:db8:0:0:0:0:0:0/64"},
          Form{"::ffff:10.0.0.0/104", "0:0:0:0:0:ffff:a00:0/104"}}) {
        INFO(form.word);
        CHECK(rules_of(form.word) == form.rules);
    }
}

TEST_CASE("IPv6 words are exact, mapped ones stay IPv6, a link-local scope is dropped")
{
    CHECK(rules_of("2001:db8::1") == "2001:db8:0:0:0:0:0:1/128");
    CHECK(rules_of("::ffff:10.1.2.3") == "0:0:0:0:0:ffff:a01:203/128");
    CHECK(rules_of("fe80::1%eth0") == "fe80:0:0:0:0:0:0:1/128");
    CHECK(rules_of("fe80::1%eth0/64") == "fe80:0:0:0:0:0:0:0/64");
}

TEST_CASE("factorised words make one entry for each number")
{
    for (const Form& form :
         {Form{"10.1.{2,3}", "10.1.2.0/24 10.1.3.0/24"},
          Form{"10.1.2.{4,5}", "10.1.2.4/32 10.1.2.5/32"},
          Form{"10.{1,2}", "10.1.0.0/16 10.2.0.0/16"}, Form{"{10,11}", "10.0.0.0/8 11.0.0.0/8"},
          Form{"10.1.2.{0}", "10.1.2.0/24"}, Form{"10.1.2.{255}", "10.1.2.255/32"}}) {
        INFO(form.word);
        CHECK(rules_of(form.word) == form.rules);
    }
}

TEST_CASE("names are kept as written")
{
    for (const char* const word : {"localhost", "host.example.com", ".example.com", ".-x", "..foo",
                                   ".1a", ".5.a", "six.example.com"}) {
        INFO(word);
        CHECK(rules_of(word) == word);
    }
}

TEST_CASE("a name of a network means the network")
{
    CHECK(rules_of("loopback") == "127.0.0.0/8");
    CHECK(rules_of("lab") == "192.0.2.0/24");
}

TEST_CASE("half of a form disables the service")
{
    const auto mistake = [](std::string_view word) {
        DraftBench bench;
        CHECK_FALSE(bench.set("only_from = " + std::string(word)));
        REQUIRE_FALSE(bench.diagnostics.all().empty());
        const Diagnostic& told = bench.diagnostics.all()[0];
        for (const Diagnostic& one : bench.diagnostics.all()) {
            CHECK(one.severity == Severity::error);
            CHECK(one.effect == Effect::service_dropped);
        }
        const std::string start = fmt::format("only_from: address '{}' ", word);
        REQUIRE(told.message.starts_with(start));
        return told.message.substr(start.size());
    };
    CHECK(mistake("1.2.3.4,") == "has a comma in it; addresses are separated by blanks");
    for (const char* const word : {"10.1{2}", "10{", "0{10.1.1.1"})
        CHECK(mistake(word) == "has no dot before its brace");
    for (const char* const dots : {".", "..", "...", ".5", ".10.1"})
        CHECK(mistake(dots) == "has a dot with no number before it");
    CHECK(mistake(".") == "has a dot with no number before it");
    CHECK(mistake("1..2") == "has a dot with no number before it");
    CHECK(mistake("10.1..{1}") == "has a dot with no number before it");
    CHECK(mistake(".foo{1}") == "has a dot with no number before it");
    CHECK(mistake("10.1.{1,,2}") == "has an empty place in its braces");
    CHECK(mistake("{}") == "has an empty place in its braces");
    CHECK(mistake("10.1.{a}") == "has 'a' in its braces, which is no number");
    CHECK(mistake("10.1.{300}") == "has 300 in its braces, which exceeds 255");
    CHECK(mistake("300.1.{3}") == "has the octet 300, which exceeds 255");
    CHECK(mistake("1.2.3.4.{5}") == "has more than four octets");
    CHECK(mistake("10.1.{1,2") == "lacks the closing brace");
    CHECK(mistake("10.{1}.2") == "goes on after the closing brace");
    CHECK(mistake("{1,2}/8") == "goes on after the closing brace");
}

TEST_CASE("a bad factorised word has two messages, as with xinetd, one with a comma has one")
{
    DraftBench bench;
    CHECK_FALSE(bench.set("only_from = 10.1.{1,,2} 10.{x}"));
    REQUIRE(bench.diagnostics.all().size() == 4);
    CHECK(bench.diagnostics.all()[1].severity == Severity::error);
    CHECK(bench.diagnostics.all()[1].message == "only_from: address '10.1.{1,,2}' is not added");
    CHECK(bench.diagnostics.all()[2].severity == Severity::note); // xinetd has stopped
    CHECK(bench.diagnostics.all()[3].severity == Severity::note);
    DraftBench comma;
    CHECK_FALSE(comma.set("only_from = 10.1.1.1,10.1.1.2"));
    CHECK(comma.diagnostics.all().size() == 1);
}

TEST_CASE("a length that is no length of the address means the one address, with advice")
{
    for (const Form& form :
         {Form{"10.1.2.3/33", "10.1.2.3/32"}, Form{"10.1.2.3/-1", "10.1.2.3/32"},
          Form{"10.0.0.0/255.0.0.0", "10.0.0.0/32"}, Form{"10.1.2.3/4294967297", "10.1.2.3/32"},
          Form{"10.1.2.3/99999999999999999999", "10.1.2.3/32"},
          Form{"::1/129", "0:0:0:0:0:0:0:1/128"}}) {
        for (const char* const list : {"only_from", "no_access"}) {
            INFO(list << " = " << form.word);
            DraftBench bench;
            CHECK(bench.set(fmt::format("{} = {}", list, form.word)));
            REQUIRE(bench.diagnostics.all().size() == 1);
            const Diagnostic& told = bench.diagnostics.all()[0];
            CHECK(told.severity == Severity::warning);
            CHECK(told.effect == Effect::none);
            CHECK(told.unknown_to_xinetd);
        }
        CHECK(rules_of(form.word) == form.rules);
    }
}

TEST_CASE("a netmask draws the advice to write bits")
{
    DraftBench bench;
    CHECK(bench.set("only_from = 10.0.0.0/255.0.0.0"));
    CHECK(bench.diagnostics.all()[0].suggestion == "write the number of bits, not a netmask");
}

TEST_CASE("a word of no form is left out of only_from, the list stays")
{
    for (const char* const word :
         {"*",        "ALL",       "1.2.3.4-9", "256.1.1.1", "nosuch.invalid", "-foo",
          "foo_bar",  "1.2.3.4.5", "www.5",     "1e",        "10.1.",          "1.2.3.4/x",
          "1.2.3.4/", "::1/",      "[::1]",     "10.1a{2}",  "a.{1}",          "localhost/8",
          "/8",       "::1%lo",    "fe80::1%"}) {
        INFO(word);
        DraftBench bench;
        CHECK(bench.set("only_from = " + std::string(word)));
        REQUIRE(bench.diagnostics.all().size() == 1);
        CHECK(bench.diagnostics.all()[0].severity == Severity::error);
        CHECK(bench.diagnostics.all()[0].effect == Effect::word_ignored);
        REQUIRE(bench.draft.only_from);
        CHECK(bench.draft.only_from->empty());
    }
}

// S4: xinetd ignores the word and admits whom it meant.
TEST_CASE("a word of no form in no_access disables the service, in defaults it is left out")
{
    DraftBench service;
    CHECK_FALSE(service.set("no_access = 10.0.0.1 nosuch.invalid"));
    CHECK(service.diagnostics.all()[0].effect == Effect::service_dropped);

    DraftBench removing;
    CHECK(removing.set("no_access -= nosuch.invalid"));

    DraftBench defaults(RawSection::Kind::defaults);
    CHECK(defaults.set("no_access = 10.0.0.1 nosuch.invalid"));
    CHECK(defaults.diagnostics.all()[0].effect == Effect::word_ignored);
    CHECK(defaults.draft.no_access->size() == 1);
}

TEST_CASE("what could not be a host name is not looked up")
{
    DraftBench bench;
    bench.set("only_from = 10.0.0.1 10.0.0.0/8 ::1 .example.com * 256.1.1.1 [::1] 10.{1,2} a/b");
    CHECK(bench.names.questions_about_hosts == 0);
}

TEST_CASE(":: alone draws advice")
{
    DraftBench bench;
    bench.with({"only_from = ::"});
    CHECK(bench.told() == "2:13 warning none: only_from: '::' matches the address :: alone, that "
                          "is nobody; did you mean '::/0', everybody?");
}

TEST_CASE("text after a prefix length is remarked on and ignored")
{
    DraftBench bench;
    bench.with({"only_from = 10.0.0.0/8;"});
    CHECK(bench.told() == "2:13 warning none: only_from: ';' after the prefix length is ignored");
    CHECK(show(bench.draft.only_from->at(0).rule) == "10.0.0.0/8");
}

TEST_CASE("an opening brace after a prefix length is no text to be ignored")
{
    for (const char* word : {"::1/12{", "10.1.2.3/8{", "::1/1{2}", "fe80::/10{2"}) {
        INFO(word);
        DraftBench bench;
        CHECK(bench.set(std::string("only_from = ") + word));
        CHECK(bench.told() == "2:13 error word: only_from: '" + std::string(word) +
                                  "' is no address, network, host or domain");
    }
}

TEST_CASE("-= removes what means the same, however it is spelled")
{
    DraftBench bench;
    bench.with(
        {"only_from = 10.0.0.0 192.0.2.1 Host.example.com", "only_from -= 10.9.9.9/8 192.0.2.9"});
    bench.names.hosts["HOST.EXAMPLE.COM"] = {"192.0.2.10"};
    bench.names.hosts["Host.example.com"] = {"192.0.2.10"};
    bench.with({"only_from += Host.example.com", "only_from -= HOST.EXAMPLE.COM"});
    REQUIRE(bench.draft.only_from->size() == 1);
    CHECK(show(bench.draft.only_from->at(0).rule) == "192.0.2.1/32");
}

TEST_CASE("a list without words exists and is empty")
{
    DraftBench bench;
    CHECK_FALSE(bench.draft.only_from);
    bench.with({"only_from ="});
    REQUIRE(bench.draft.only_from);
    CHECK(bench.draft.only_from->empty());
}

} // namespace usherd::config

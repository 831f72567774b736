// SPDX-License-Identifier: BSD-2-Clause
//
// The table itself: which rows there are, how they are found.

#include <set>
#include <string>

#include "config-parser/attribute_table.h"
#include "tests/support/catch.h"

namespace usherd::config {

namespace {

const Row& row(std::string_view name)
{
    const auto number = find_attribute(name);
    INFO(name);
    REQUIRE(number);
    return attribute_table()[*number];
}

std::set<std::string> names_with(Scope scope)
{
    std::set<std::string> names;
    for (const Row& one : attribute_table())
        if (one.scope == scope && !one.extension)
            names.emplace(one.name);
    return names;
}

} // namespace

TEST_CASE("every attribute of xinetd has a row")
{
    const std::set<std::string> service_only{
        "id",           "type",        "flags",       "disable",      "socket_type", "protocol",
        "wait",         "user",        "group",       "nice",         "server",      "server_args",
        "access_times", "rpc_version", "rpc_number",  "env",          "port",        "redirect",
        "rlimit_as",    "rlimit_cpu",  "rlimit_data", "rlimit_files", "rlimit_rss",  "rlimit_stack",
        "deny_time",    "libwrap"};
    const std::set<std::string> anywhere{
        "groups",         "instances",      "per_source",     "cps",
        "max_load",       "only_from",      "no_access",      "log_type",
        "log_on_success", "log_on_failure", "passenv",        "bind",
        "interface",      "banner",         "banner_success", "banner_fail",
        "umask",          "v6only"};
    CHECK(names_with(Scope::service_only) == service_only);
    CHECK(names_with(Scope::anywhere) == anywhere);
    CHECK(names_with(Scope::defaults_only) == std::set<std::string>{"enabled", "disabled"});
}

TEST_CASE("attributes are found without regard to case and not by their beginnings")
{
    CHECK(find_attribute("Only_From") == find_attribute("only_from"));
    CHECK(find_attribute("only_from"));
    CHECK_FALSE(find_attribute("only"));
    CHECK_FALSE(find_attribute("only_from_"));
    CHECK_FALSE(find_attribute(""));
    CHECK_FALSE(find_attribute(std::string(5000, 'a')));
}

TEST_CASE("each row is found at its own number")
{
    for (std::size_t i = 0; i < attribute_table().size(); ++i) {
        INFO(attribute_table()[i].name);
        CHECK(find_attribute(attribute_table()[i].name) == i);
        CHECK(attribute_table()[i].set != nullptr);
    }
}

TEST_CASE("attributes that xinetd of Debian does not know, or that come later, have no row")
{
    for (const char* const name :
         {"mdns", "v6config", "include", "includedir", "source_rate", "first_byte_timeout",
          "only_from_file", "proxy_protocol", "quiet_from", "observe"}) {
        INFO(name);
        CHECK_FALSE(find_attribute(name));
    }
}

TEST_CASE("lists take all operators and may repeat")
{
    for (const char* const name : {"only_from", "no_access", "log_on_success", "log_on_failure",
                                   "passenv", "env", "enabled", "disabled"}) {
        INFO(name);
        CHECK(row(name).operators == Operators::all);
        CHECK(row(name).repeat == Repeat::is_a_list);
        CHECK(row(name).word_count == any_count);
    }
}

TEST_CASE("all other attributes of xinetd are set once, with =")
{
    for (const Row& one : attribute_table()) {
        if (one.extension || one.operators == Operators::all)
            continue;
        INFO(one.name);
        if (one.name == "log_type") { // a second one is its setter's business
            CHECK(one.operators == Operators::any_in_defaults);
            continue;
        }
        CHECK(one.operators == Operators::set_only);
        CHECK(one.repeat == Repeat::first_wins);
    }
}

TEST_CASE("the numbers of words are xinetd's")
{
    for (const char* const name : {"type", "flags", "server_args", "log_type", "access_times"}) {
        INFO(name);
        CHECK(row(name).word_count == at_least_one);
    }
    CHECK(row("cps").word_count == 2);
    CHECK(row("redirect").word_count == 2);
    CHECK(row("server").word_count == 1);
}

TEST_CASE("a misspelled attribute is guessed if it is close enough")
{
    CHECK(suggest_attribute("instance") == "instances");
    CHECK(suggest_attribute("sever") == "server");
    CHECK(suggest_attribute("only_form") == "only_from");
    CHECK(suggest_attribute("socket-type") == "socket_type");
    CHECK(suggest_attribute("log_on_sucess") == "log_on_success");
    CHECK(suggest_attribute("kafel_rule") == "");
    CHECK(suggest_attribute("x") == "");
}

} // namespace usherd::config

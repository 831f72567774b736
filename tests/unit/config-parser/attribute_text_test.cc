// SPDX-License-Identifier: BSD-2-Clause
//
// What is read and written again is what was read.

#include "config-parser/attribute_table.h"
#include "config-parser/attribute_text.h"
#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;

namespace {

std::string text_of(const ServiceSpec& spec, std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    REQUIRE(row);
    return attribute_text(spec, *row);
}

} // namespace

TEST_CASE("attributes are written as they were read")
{
    struct Line {
        const char* name;
        const char* value;
    };
    for (const Line& line : {Line{"instances", "7"},
                             Line{"instances", "UNLIMITED"},
                             Line{"per_source", "3"},
                             Line{"cps", "50 10"},
                             Line{"max_load", "2.5"},
                             Line{"nice", "-5"},
                             Line{"umask", "27"},
                             Line{"user", "games"},
                             Line{"group", "tty"},
                             Line{"flags", "REUSE NODELAY IPv6"},
                             Line{"access_times", "8:00-12:30 22:00-23:59"},
                             Line{"env", "A=1 B=2"},
                             Line{"passenv", "PATH"},
                             Line{"rlimit_cpu", "UNLIMITED"},
                             Line{"rlimit_files", "100"},
                             Line{"log_type", "SYSLOG daemon info"},
                             Line{"log_type", "FILE /x"},
                             Line{"log_on_success", "HOST PID"},
                             Line{"log_on_failure", "HOST"},
                             Line{"deny_time", "FOREVER"},
                             Line{"deny_time", "30"},
                             Line{"banner", "/etc/issue"},
                             Line{"rpc_version", "2-4"},
                             Line{"v6only", "yes"},
                             Line{"libwrap", "in.ftpd"},
                             Line{"backlog", "128"},
                             Line{"freebind", "yes"},
                             Line{"socket_mode", "660"},
                             Line{"stderr", "log"},
                             Line{"max_runtime", "90s"},
                             Line{"kill_grace", "3s"},
                             Line{"limit_action", "queue"},
                             Line{"cps_action", "delay"},
                             Line{"access_match", "closest"},
                             Line{"pass_fds", "systemd"},
                             Line{"no_new_privs", "yes"}}) {
        DraftBench bench;
        INFO(line.name << " = " << line.value);
        bench.with({fmt::format("{} = {}", line.name, line.value)});
        CHECK(text_of(bench.draft.spec, line.name) == line.value);
    }
}

TEST_CASE("every attribute that ends in a spec has a text once it is set")
{
    ServiceSpec spec;
    spec.id = "x";
    const auto rows = static_cast<std::uint16_t>(attribute_table().size());
    for (std::uint16_t row = 0; row < rows; ++row)
        CHECK_NOTHROW(attribute_text(spec, row));
}

TEST_CASE("a list of addresses is written in prefixes and names")
{
    ServiceSpec spec;
    const auto ipv4 = *access::IpAddress::parse("192.0.2.0");
    const auto ipv6 = *access::IpAddress::parse("2001:db8::");
    spec.policy->only_from =
        access::AddressSet({access::make_prefix(access::Family::ipv4, ipv4.bytes(), 24),
                            access::make_prefix(access::Family::ipv6, ipv6.bytes(), 32),
                            access::make_prefix(*access::IpAddress::parse("::1")),
                            access::HostPattern{".example.com"}});
    CHECK(text_of(spec, "only_from") == "192.0.2.0/24 2001:db8::/32 ::1 .example.com");
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
#include <syslog.h>

#include "daemon/options.h"
#include "tests/support/catch.h"

using usherd::daemon::CheckMode;
using usherd::daemon::EarlyExit;
using usherd::daemon::Options;
using usherd::daemon::parse_options;

namespace {

std::variant<Options, EarlyExit> parse(std::vector<std::string> words)
{
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse_options(static_cast<int>(words.size()), argv.data());
}

Options accepted(std::vector<std::string> words)
{
    auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<Options>(parsed));
    return std::get<Options>(parsed);
}

EarlyExit ended(std::vector<std::string> words)
{
    auto parsed = parse(std::move(words));
    REQUIRE(std::holds_alternative<EarlyExit>(parsed));
    return std::get<EarlyExit>(parsed);
}

} // namespace

TEST_CASE("the default configuration follows the name the daemon is started by")
{
    CHECK(accepted({"/usr/sbin/usherd"}).config_file == "/etc/usherd/usherd.conf");
    CHECK(accepted({"/usr/sbin/xinetd"}).config_file == "/etc/xinetd.conf");
    CHECK(accepted({"xinetd", "-f", "x"}).config_file == "x");
}

TEST_CASE("the options Debian's init script passes are understood")
{
    const auto options = accepted(
        {"xinetd", "-pidfile", "/run/xinetd.pid", "-stayalive", "-inetd_compat", "-inetd_ipv6"});
    CHECK(options.pid_file == "/run/xinetd.pid");
    CHECK(options.stay_alive);
    CHECK(options.inetd_compat);
    CHECK(options.remarks.empty());
}

TEST_CASE("-d is debug, -dontfork is not")
{
    CHECK(accepted({"usherd", "-d"}).debug);
    const auto options = accepted({"usherd", "-dontfork"});
    CHECK_FALSE(options.debug);
    CHECK(options.foreground);
    CHECK(options.stay_alive);
}

TEST_CASE("an unknown option is ignored with a remark, as xinetd ignores it")
{
    const auto options = accepted({"usherd", "-foo", "-stayalive"});
    CHECK(options.stay_alive);
    REQUIRE(options.remarks.size() == 1);
    CHECK(options.remarks[0] == "unknown option '-foo' ignored");
}

TEST_CASE("an unknown option of ours ends the program with status 1")
{
    const auto exit = ended({"usherd", "--no-such-thing"});
    CHECK(exit.status == 1);
    CHECK(exit.text.find("unknown option '--no-such-thing'") != std::string::npos);
}

TEST_CASE("a stray word ends the program with status 1 and the usage line")
{
    const auto exit = ended({"xinetd", "foo"});
    CHECK(exit.status == 1);
    CHECK(exit.to_stderr);
    CHECK(exit.text.find("Usage: xinetd [-d] [-f config_file] [-filelog filename]") !=
          std::string::npos);
}

TEST_CASE("a missing argument ends the program with status 1")
{
    CHECK(ended({"usherd", "-f"}).status == 1);
}

TEST_CASE("-limit takes numbers and xinetd's -1")
{
    CHECK(accepted({"usherd", "-limit", "7"}).process_limit == 7);
    CHECK(accepted({"usherd", "-limit", "-1"}).process_limit == 0xffffffffU);
    CHECK(ended({"usherd", "-limit", "many"}).status == 1);
}

TEST_CASE("-filelog and -syslog exclude each other")
{
    CHECK(ended({"usherd", "-filelog", "x", "-syslog", "daemon"}).status == 1);
}

TEST_CASE("an unknown syslog facility is the daemon facility with a remark")
{
    const auto options = accepted({"usherd", "-syslog", "nosuch"});
    CHECK(options.syslog_facility == LOG_DAEMON);
    CHECK(options.remarks.size() == 1);
}

TEST_CASE("-version and --help end the program with status 0")
{
    CHECK(ended({"usherd", "-version"}).status == 0);
    CHECK(ended({"usherd", "-version"}).to_stderr);
    CHECK(ended({"usherd", "--help"}).status == 0);
    CHECK_FALSE(ended({"usherd", "--help"}).to_stderr);
}

TEST_CASE("--check may be strict and nothing else")
{
    CHECK(accepted({"usherd", "--check"}).check == CheckMode::on);
    CHECK(accepted({"usherd", "--check=strict"}).check == CheckMode::strict);
    CHECK(ended({"usherd", "--check=lax"}).status == 1);
}

TEST_CASE("files that others can write are read only if asked for, or as xinetd does")
{
    CHECK_FALSE(accepted({"usherd"}).trust_files);
    CHECK(accepted({"usherd", "--trust-files"}).trust_files);
    CHECK(accepted({"/usr/sbin/xinetd"}).trust_files);
}

TEST_CASE("numbers of our own options are bounded")
{
    CHECK(accepted({"usherd", "--port-offset", "10000"}).port_offset == 10'000);
    CHECK(ended({"usherd", "--port-offset", "70000"}).status == 1);
    CHECK(accepted({"usherd", "--spawn-workers", "0"}).spawn_workers == 0U);
    CHECK(ended({"usherd", "--spawn-workers", "5"}).status == 1);
    CHECK(accepted({"usherd", "--spawn-workers", "4"}).spawn_workers == 4U);
}

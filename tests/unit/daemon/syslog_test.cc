// SPDX-License-Identifier: BSD-2-Clause
//
// What reaches the system log, and what happens while nobody reads there.

#include <regex>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/log_sinks.h"
#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

namespace {

/// Listens where /dev/log would be.
class SystemLog {
public:
    explicit SystemLog(std::string path) : path_(std::move(path)) { listen(); }

    void listen()
    {
        ::unlink(path_.c_str());
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    void close() { socket_.reset(); }

    const std::vector<std::string>& received()
    {
        char buffer[8192];
        for (ssize_t n; (n = ::recv(socket_.get(), buffer, sizeof buffer, 0)) >= 0;)
            received_.emplace_back(buffer, static_cast<std::size_t>(n));
        return received_;
    }

private:
    std::string path_;
    sys::UniqueFd socket_;
    std::vector<std::string> received_;
};

struct Fixture {
    explicit Fixture(bool debug = false)
    {
        LogSettings settings;
        settings.debug = debug;
        settings.program = "xinetd";
        settings.syslog_path = directory.path("log");
        std::string error;
        log = make_log(loop, settings, error);
    }
    std::shared_ptr<ServiceLog> open(int facility, int level)
    {
        std::string error;
        return log->open(config::SyslogTarget{facility, level}, "a", error);
    }

    tests::TemporaryDirectory directory;
    SystemLog system_log{directory.path("log")};
    sys::EventLoop loop;
    std::unique_ptr<Log> log;
};

std::string tag()
{
    return "xinetd\\[" + std::to_string(::getpid()) + "\\]: ";
}

bool matches(const std::string& text, const std::string& pattern)
{
    INFO(text);
    return std::regex_match(text, std::regex(pattern));
}

const std::string stamp = R"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )";

} // namespace

TEST_CASE("a daemon message has its level as priority and no word for it")
{
    Fixture fixture;
    fixture.log->notice("Started working: 13 available services");
    fixture.log->error("Size of own log exceeded hard limit");
    fixture.log->warning("Exiting...");
    fixture.log->flush();
    const auto& lines = fixture.system_log.received();
    REQUIRE(lines.size() == 3);
    CHECK(matches(lines[0], "<29>" + stamp + tag() + "Started working: 13 available services"));
    CHECK(matches(lines[1], "<27>" + stamp + tag() + "Size of own log exceeded hard limit"));
    CHECK(matches(lines[2], "<28>" + stamp + tag() + "Exiting\\.\\.\\."));
}

TEST_CASE("a message for a handler that could not start has its pid in the tag")
{
    Fixture fixture;
    fixture.log->write_for(4711, Level::error, "execv( /x ) failed");
    fixture.log->flush();
    const auto& lines = fixture.system_log.received();
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Contains("[4711]: execv( /x ) failed"));
}

TEST_CASE("a critical message has pid and function in syslog, too")
{
    Fixture fixture;
    fixture.log->critical("{{init_services}} no services. Exiting...");
    fixture.log->flush();
    CHECK(matches(fixture.system_log.received().at(0),
                  "<26>" + stamp + tag() + std::to_string(::getpid()) +
                      R"( \{init_services\} no services\. Exiting\.\.\.)"));
}

TEST_CASE("debug messages go to syslog only when they are asked for")
{
    const bool debug = GENERATE(false, true);
    Fixture fixture{debug};
    fixture.log->debug("reading");
    fixture.log->flush();
    CHECK(fixture.system_log.received().size() == (debug ? 1 : 0));
}

TEST_CASE("a record has the facility and level of its log_type")
{
    Fixture fixture;
    fixture.open(LOG_LOCAL3, LOG_NOTICE)->write("START: echo-t pid=54 from=127.0.0.1");
    fixture.log->flush();
    CHECK(matches(fixture.system_log.received().at(0),
                  "<157>" + stamp + tag() + "START: echo-t pid=54 from=127\\.0\\.0\\.1"));
}

TEST_CASE("services with the same priority share a log")
{
    Fixture fixture;
    const auto one = fixture.open(LOG_LOCAL3, LOG_NOTICE);
    CHECK(fixture.open(LOG_LOCAL3, LOG_NOTICE) == one);
    CHECK(fixture.open(LOG_LOCAL3, LOG_INFO) != one);
}

TEST_CASE("a turn's messages come in order and complete although the queue is short")
{
    Fixture fixture;
    constexpr std::size_t count = 2000; // net.unix.max_dgram_qlen is 10 or a few hundred
    for (std::size_t i = 0; i < count; ++i)
        fixture.log->info("message {}", i);
    REQUIRE(tests::run_until(fixture.loop,
                             [&] { return fixture.system_log.received().size() >= count; }));
    const auto& lines = fixture.system_log.received();
    REQUIRE(lines.size() == count);
    for (std::size_t i = 0; i < count; ++i)
        REQUIRE(lines[i].ends_with(": message " + std::to_string(i)));
}

TEST_CASE("messages wait for a system log that is started anew")
{
    Fixture fixture;
    fixture.log->info("before");
    fixture.log->flush();
    REQUIRE(fixture.system_log.received().size() == 1);
    fixture.system_log.close();
    fixture.log->info("meanwhile");
    fixture.log->flush();
    fixture.system_log.listen();
    REQUIRE(
        tests::run_until(fixture.loop, [&] { return fixture.system_log.received().size() == 2; }));
    CHECK(fixture.system_log.received()[1].ends_with(": meanwhile"));
}

TEST_CASE("what a missing system log has lost is counted in one warning when it is back")
{
    Fixture fixture;
    fixture.system_log.close();
    const std::string long_text(1000, 'x');
    constexpr std::size_t count = 2 * max_pending_bytes / 1000;
    for (std::size_t i = 0; i < count; ++i)
        fixture.log->info("{}", long_text);
    fixture.system_log.listen();
    REQUIRE(tests::run_until(fixture.loop, [&] {
        const auto& lines = fixture.system_log.received();
        return !lines.empty() && lines.back().find("were lost") != std::string::npos;
    }));
    const auto& lines = fixture.system_log.received();
    const std::size_t arrived = lines.size() - 1;
    CHECK(arrived > count / 4);
    CHECK(matches(lines.back(), "<28>" + stamp + tag() + std::to_string(count - arrived) +
                                    " messages were lost .*"));
}

TEST_CASE("a daemon that ends sends what the system log has room for, and does not hang")
{
    Fixture fixture;
    for (int i = 0; i < 5000; ++i)
        fixture.log->info("message {}", i);
    fixture.log.reset();
    CHECK_FALSE(fixture.system_log.received().empty());
}

} // namespace usherd::daemon

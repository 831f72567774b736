// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's messages and the services' records in files, with their limits and troubles.

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <regex>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/log.h"
#include "daemon/log_sinks.h"
#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

namespace {

const std::string stamp = R"(\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d)";

class FileLog {
public:
    explicit FileLog(LogFormat format = LogFormat::text)
    {
        std::string error;
        LogSettings settings;
        settings.target.kind = DaemonLogTarget::Kind::file;
        settings.target.path = directory.path("daemon.log");
        settings.format = format;
        settings.program = "xinetd";
        log = make_log(loop, settings, error);
        REQUIRE(log != nullptr);
    }

    std::shared_ptr<ServiceLog> open_file(const std::string& path, std::uint64_t soft_limit = 0,
                                          std::uint64_t hard_limit = 0,
                                          const std::string& id = "own")
    {
        std::string error;
        auto opened = log->open(config::FileTarget{path, soft_limit, hard_limit}, id, error);
        INFO(error);
        REQUIRE(opened != nullptr);
        return opened;
    }
    std::shared_ptr<ServiceLog> open(std::uint64_t soft_limit = 0, std::uint64_t hard_limit = 0,
                                     const std::string& id = "own")
    {
        return open_file(directory.path("own.log"), soft_limit, hard_limit, id);
    }

    [[nodiscard]] std::string daemon_log()
    {
        log->flush();
        return directory.read("daemon.log");
    }
    [[nodiscard]] long service_lines()
    {
        log->flush();
        const std::string text = directory.read("own.log");
        return std::count(text.begin(), text.end(), '\n');
    }

    tests::TemporaryDirectory directory;
    sys::EventLoop loop;
    std::unique_ptr<Log> log;
};

bool matches(const std::string& text, const std::string& pattern)
{
    INFO(text);
    return std::regex_match(text, std::regex(pattern));
}

long count(const std::string& text, const std::string& part)
{
    long found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

const std::string record = "START: own from=127.0.0.1";
/// With envelope and newline; the date has between 6 and 8 characters.
std::size_t line_bytes(FileLog& fixture)
{
    auto log = fixture.open_file(fixture.directory.path("measure.log"));
    log->write(record);
    fixture.log->flush();
    return fixture.directory.read("measure.log").size();
}

/// Never gets rid of anything.
class StuckSink final : public LineSink {
public:
    explicit StuckSink(FlushQueue& queue) : queue_(queue) {}
    ~StuckSink() override { queue_.forget(*this); }
    StuckSink(const StuckSink&) = delete;
    StuckSink& operator=(const StuckSink&) = delete;
    void flush() noexcept override
    {
        ++tries;
        queue_.retry(*this, false);
    }

    int tries = 0;

private:
    FlushQueue& queue_;
};

} // namespace

TEST_CASE("a daemon message in a file has time, program, pid and level")
{
    FileLog fixture;
    fixture.log->notice("Started working: {} available services", 13);
    CHECK(matches(fixture.daemon_log(),
                  stamp + R"( xinetd\[)" + std::to_string(::getpid()) +
                      R"(\]: NOTICE: Started working: 13 available services\n)"));
}

TEST_CASE("a critical daemon message has the pid again, and a function")
{
    FileLog fixture;
    fixture.log->critical("{{init_services}} no services. Exiting...");
    const std::string pid = std::to_string(::getpid());
    CHECK(matches(fixture.daemon_log(), stamp + R"( xinetd\[)" + pid + R"(\]: CRITICAL: )" + pid +
                                            R"( \{init_services\} no services\. Exiting\.\.\.\n)"));
}

TEST_CASE("-filelog has debug messages, as xinetd's has")
{
    FileLog fixture;
    fixture.log->debug("reading {}", "x");
    CHECK(count(fixture.daemon_log(), "DEBUG: reading x\n") == 1);
}

TEST_CASE("a daemon message is one line whatever it contains")
{
    FileLog fixture;
    fixture.log->error("from outside: {}", "a\nb\x1b[2J");
    CHECK(count(fixture.daemon_log(), "from outside: a\\nb\\x1b[2J\n") == 1);
}

TEST_CASE("messages are collected and written at the end of the turn")
{
    FileLog fixture;
    fixture.log->info("one");
    fixture.log->info("two");
    CHECK(fixture.directory.read("daemon.log").empty());
    tests::run_turn(fixture.loop);
    CHECK(count(fixture.directory.read("daemon.log"), "INFO") == 2);
}

TEST_CASE("a long turn's messages are written before its end")
{
    FileLog fixture;
    for (int i = 0; i < 20000; ++i)
        fixture.log->info("message {} of a start with very many services and as many warnings", i);
    CHECK(count(fixture.daemon_log(), "INFO") == 20000);
}

TEST_CASE("the log of a daemon that ends is complete")
{
    FileLog fixture;
    fixture.log->warning("Exiting...");
    fixture.log.reset();
    CHECK(count(fixture.directory.read("daemon.log"), "WARNING: Exiting...\n") == 1);
}

TEST_CASE("a log file that cannot be opened is an error with its reason")
{
    sys::EventLoop loop;
    LogSettings settings;
    settings.target = {DaemonLogTarget::Kind::file, 0, "/nonexistent/daemon.log"};
    std::string error;
    CHECK(make_log(loop, settings, error) == nullptr);
    CHECK(error == "No such file or directory (errno = 2)");

    FileLog fixture;
    CHECK(fixture.log->open(config::FileTarget{"/nonexistent/own.log", 0, 0}, "own", error) ==
          nullptr);
    CHECK(error == "No such file or directory (errno = 2)");
}

TEST_CASE("a service without log_type has no log")
{
    FileLog fixture;
    std::string error;
    CHECK(fixture.log->open(config::LogTarget{}, "own", error) == nullptr);
    CHECK(error.empty());
}

// D38
TEST_CASE("a message for a handler that could not start bears its pid")
{
    FileLog file;
    file.log->write_for(4711, Level::error, "execv( /x ) failed");
    CHECK(
        std::regex_match(file.daemon_log(),
                         std::regex(stamp + R"( xinetd\[4711\]: ERROR: execv\( /x \) failed\n)")));
    FileLog json(LogFormat::json);
    json.log->write_for(4711, Level::error, "execv( /x ) failed");
    CHECK(json.daemon_log().find("4711") != std::string::npos);
}

TEST_CASE("a service record in a file has the time alone in front")
{
    FileLog fixture;
    auto own = fixture.open();
    own->write("START: own pid=58 from=127.0.0.1");
    fixture.log->flush();
    CHECK(matches(fixture.directory.read("own.log"),
                  stamp + ": START: own pid=58 from=127\\.0\\.0\\.1\n"));
    struct stat status {};
    REQUIRE(::stat(fixture.directory.path("own.log").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777 & ~0022u) == 0644);
}

TEST_CASE("a service log is appended to, and a renamed one created anew when it is opened again")
{
    FileLog fixture;
    fixture.directory.write("own.log", "older\n");
    auto own = fixture.open();
    own->write(record);
    fixture.log->flush();
    CHECK(fixture.directory.read("own.log").starts_with("older\n"));

    std::filesystem::rename(fixture.directory.path("own.log"), fixture.directory.path("own.log.1"));
    auto reopened = fixture.open();
    own.reset();
    reopened->write(record);
    CHECK(fixture.service_lines() == 1);
}

TEST_CASE("a service log may outlive the daemon's")
{
    FileLog fixture;
    auto own = fixture.open();
    fixture.log.reset();
    own->write(record);
    own.reset();
    CHECK(count(fixture.directory.read("own.log"), record) == 1);
}

TEST_CASE("the line that crosses the hard limit is complete, then nothing more is written")
{
    FileLog fixture;
    const std::size_t line = line_bytes(fixture);
    const auto [hard_limit, lines] = GENERATE_REF(
        std::pair{3 * line - 1, 3}, std::pair{3 * line, 4}, std::pair{3 * line + 1, 4});
    auto own = fixture.open(1, hard_limit);
    for (int i = 0; i < 10; ++i)
        own->write(record);
    CHECK(fixture.service_lines() == lines);
    CHECK(count(fixture.daemon_log(), "ERROR: Size of own log exceeded hard limit\n") == 1);
}

TEST_CASE("the soft limit is announced once, at the highest level")
{
    FileLog fixture;
    auto own = fixture.open(2 * line_bytes(fixture), 1000000);
    own->write(record);
    own->write(record);
    CHECK(count(fixture.daemon_log(), "soft limit") == 0);
    for (int i = 0; i < 10; ++i)
        own->write(record);
    CHECK(count(fixture.daemon_log(), "{usherd} Size of own log exceeded soft limit\n") == 1);
    CHECK(count(fixture.daemon_log(), "CRITICAL") == 1);
    CHECK(fixture.service_lines() == 12);
}

TEST_CASE("the size of a service log counts from what the file has")
{
    FileLog fixture;
    fixture.directory.write("own.log", std::string(499, 'x') + '\n');
    auto own = fixture.open(100, 500, "common");
    own->write(record);
    own->write(record);
    CHECK(fixture.service_lines() == 2);
    CHECK(count(fixture.daemon_log(), "Size of common log exceeded hard limit") == 1);
}

TEST_CASE("nothing is written to a service log that is over its limit when it is opened")
{
    FileLog fixture;
    fixture.directory.write("own.log", std::string(501, 'x'));
    auto own = fixture.open(100, 500);
    own->write(record);
    CHECK(fixture.service_lines() == 0);
    CHECK(count(fixture.daemon_log(), "Size of own log exceeded hard limit") == 1);
}

TEST_CASE("a full disk is one warning")
{
    FileLog fixture;
    auto own = fixture.open_file("/dev/full");
    for (int i = 0; i < 3; ++i) {
        own->write(record);
        fixture.log->flush();
    }
    const std::string text = fixture.daemon_log();
    CHECK(count(text, "WARNING: Error in own log: No space left on device (errno = 28)\n") == 1);
    CHECK(count(text, "own log") == 1);
}

TEST_CASE("records that a FIFO's reader does not take wait, beyond a bound they are counted")
{
    FileLog fixture;
    const std::string fifo = fixture.directory.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const sys::UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(reader);
    auto own = fixture.open_file(fifo);
    constexpr long written = 50000;
    for (long i = 0; i < written; ++i)
        own->write(record);

    std::string received;
    const auto drained = [&] {
        char buffer[65536];
        for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
            received.append(buffer, static_cast<std::size_t>(n));
        return count(fixture.daemon_log(), "own log is being written again") == 1;
    };
    REQUIRE(tests::run_until(fixture.loop, drained));
    const long arrived = count(received, record + "\n");
    CHECK(arrived == std::count(received.begin(), received.end(), '\n'));
    CHECK(arrived < written);
    CHECK(count(fixture.daemon_log(), std::to_string(written - arrived) + " records were lost\n") ==
          1);
}

TEST_CASE("in JSON, every line of both logs is an object")
{
    FileLog fixture{LogFormat::json};
    fixture.log->critical("no \"services\"\n");
    auto own = fixture.open();
    own->write("FAIL: own address from=192.0.2.7");
    own->write("START: own \xff");
    fixture.log->flush();

    const auto message = nlohmann::json::parse(fixture.daemon_log());
    CHECK(message["level"] == "critical");
    CHECK(message["pid"] == ::getpid());
    CHECK(message["message"] == "no \"services\"\\n");
    CHECK(matches(message["time"], R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"));
    const std::string records = fixture.directory.read("own.log");
    const auto first = nlohmann::json::parse(records.substr(0, records.find('\n')));
    CHECK(first["type"] == "FAIL");
    CHECK(first["reason"] == "address");
    CHECK(first["record"] == "FAIL: own address from=192.0.2.7");
    CHECK(fixture.service_lines() == 2);
}

TEST_CASE("a log that takes nothing is tried less and less often")
{
    using Clock = std::chrono::steady_clock;
    sys::EventLoop loop;
    FlushQueue queue(loop);
    StuckSink sink(queue);
    const auto begun = Clock::now();
    queue.add(sink);
    CHECK(tests::run_until(loop, [&] { return sink.tries == 5; }));
    CHECK(Clock::now() - begun >= std::chrono::milliseconds(50 + 100 + 200 + 400));
}

} // namespace usherd::daemon

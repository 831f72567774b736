// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's messages on a standard error that it shares with others.

#include <fcntl.h>
#include <regex>
#include <unistd.h>

#include "daemon/log.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"

namespace usherd::daemon {

namespace {

std::unique_ptr<Log> stderr_log(sys::EventLoop& loop, bool debug = false)
{
    LogSettings settings;
    settings.target.kind = DaemonLogTarget::Kind::stderr_stream;
    settings.debug = debug;
    std::string error;
    return make_log(loop, settings, error);
}

} // namespace

TEST_CASE("messages on stderr look like those of -filelog, debug ones only when asked for")
{
    const bool debug = GENERATE(false, true);
    const auto outcome = tests::run_in_child([debug] {
        sys::EventLoop loop;
        const auto log = stderr_log(loop, debug);
        log->debug("reading");
        log->error("bind failed");
        log->flush();
        return 0;
    });
    INFO(outcome.output);
    const std::string stamp = R"(\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d usherd\[\d+\]: )";
    const std::string reading = debug ? stamp + "DEBUG: reading\n" : "";
    CHECK(std::regex_match(outcome.output, std::regex(reading + stamp + "ERROR: bind failed\n")));
}

TEST_CASE("a stderr that nobody reads does not stop the daemon, and stays in blocking mode")
{
    const auto outcome = tests::run_in_child([] {
        int ends[2];
        if (::pipe(ends) < 0)
            return 1;
        const int before = ::dup(STDERR_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        ::alarm(10); // a daemon that blocks is killed
        sys::EventLoop loop;
        const auto log = stderr_log(loop);
        for (int i = 0; i < 10000; ++i)
            log->error("a message to a pipe that is full after some seven hundred of them {}", i);
        log->flush();
        const bool blocking = (::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0;
        ::dup2(before, STDERR_FILENO);
        return blocking ? 0 : 2;
    });
    CHECK(outcome.wait_status == 0);
}

} // namespace usherd::daemon

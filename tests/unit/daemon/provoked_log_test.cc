// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/provoked_log.h"
#include "tests/support/catch.h"
#include "tests/support/recording_log.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

TEST_CASE("lines that a peer provokes become one line and one summary")
{
    sys::EventLoop loop;
    tests::RecordingLog log;
    ProvokedLog provoked(loop, log);
    for (int i = 0; i < 1000; ++i)
        provoked.write(Level::error, "ftp", "load", "refused connect");
    REQUIRE(log.messages.size() == 1);
    CHECK(log.messages[0].text == "refused connect");

    REQUIRE(tests::run_until(loop, [&] { return log.messages.size() == 2; }));
    CHECK(log.messages[1].level == Level::error);
    CHECK(log.messages[1].text == "refused connect … and 998 more in the last second");
}

TEST_CASE("a line that stays alone gets no summary")
{
    sys::EventLoop loop;
    tests::RecordingLog log;
    ProvokedLog provoked(loop, log);
    provoked.write(Level::error, "ftp", "load", "refused connect");
    CHECK_FALSE(tests::run_until(
        loop, [&] { return log.messages.size() > 1; }, std::chrono::milliseconds(1200)));
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause

#include <sys/stat.h>

#include "daemon/state_dumper.h"
#include "tests/support/catch.h"
#include "tests/support/recording_log.h"
#include "tests/support/run_loop.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

namespace {

/// A dumper whose facts are numbered by their time.
struct Bench {
    explicit Bench(const std::string& path)
        : dumper(worker, log, path, [this] {
              core::DumpFacts facts;
              facts.current_time = fmt::format("dump {}", ++dumps);
              return facts;
          })
    {
    }

    void wait_for_messages(std::size_t count)
    {
        REQUIRE(tests::run_until(loop, [&] { return log.messages.size() >= count; }));
    }

    sys::EventLoop loop;
    tests::RecordingLog log;
    BlockingWorker worker{loop};
    int dumps = 0;
    StateDumper dumper;
};

} // namespace

TEST_CASE("a dump is appended to the file, readable for all, and logged")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path("usherd.dump");
    Bench bench(path);
    bench.dumper.request();
    bench.wait_for_messages(1);
    CHECK(bench.log.messages[0].level == Level::info);
    CHECK(bench.log.messages[0].text == "generated state dump in file " + path);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == (0644 & ~022U));

    bench.dumper.request();
    bench.wait_for_messages(2);
    const std::string text = directory.read("usherd.dump");
    CHECK(text.find("Current time: dump 1") < text.find("Current time: dump 2"));
    CHECK(text.find("Current time: dump 2") != std::string::npos);
}

TEST_CASE("the dump lists the descriptors that are open")
{
    const tests::TemporaryDirectory directory;
    Bench bench(directory.path("usherd.dump"));
    bench.dumper.request();
    bench.wait_for_messages(1);
    CHECK(directory.read("usherd.dump").find("(not in socket mask): 0 1 2 ") != std::string::npos);
}

TEST_CASE("the directory of the dump is made if it is missing, open to all")
{
    const tests::TemporaryDirectory directory;
    const mode_t before = ::umask(077);
    Bench bench(directory.path("run/usherd.dump"));
    bench.dumper.request();
    bench.wait_for_messages(1);
    ::umask(before);
    CHECK(bench.log.messages[0].level == Level::info);
    struct stat status {};
    REQUIRE(::stat(directory.path("run").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0755);
}

TEST_CASE("where no directory can be made there is an error and no dump")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path("missing/too/usherd.dump");
    Bench bench(path);
    bench.dumper.request();
    bench.wait_for_messages(1);
    CHECK(bench.log.messages[0].level == Level::error);
    CHECK(bench.log.messages[0].text ==
          "failed to open " + path + ": No such file or directory (errno = 2)");
}

TEST_CASE("whoever ends the daemon can wait for the dumps that were asked for")
{
    const tests::TemporaryDirectory directory;
    Bench bench(directory.path("usherd.dump"));
    bool done = false;
    bench.dumper.when_written([&] { done = true; });
    CHECK(done);

    done = false;
    bench.dumper.request();
    bench.dumper.request();
    bench.dumper.when_written([&] { done = true; });
    CHECK_FALSE(done);
    REQUIRE(tests::run_until(bench.loop, [&] { return done; }));
    CHECK(bench.log.messages.size() == 2);
    CHECK(directory.read("usherd.dump").find("Current time: dump 2") != std::string::npos);
}

TEST_CASE("requests that come while a dump is written make one more")
{
    const tests::TemporaryDirectory directory;
    Bench bench(directory.path("usherd.dump"));
    for (int request = 0; request < 5; ++request)
        bench.dumper.request();
    bench.wait_for_messages(2);
    CHECK(bench.dumps == 2);
}

} // namespace usherd::daemon

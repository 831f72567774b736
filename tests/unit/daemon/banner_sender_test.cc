// SPDX-License-Identifier: BSD-2-Clause
//
// Banners over socket pairs: sent at once, in pieces, or not taken at all.

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/banner_sender.h"
#include "tests/support/catch.h"
#include "tests/support/recording_log.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

namespace {

class Owner final : public BannerOwner {
public:
    void on_banner_sent(BannerStage stage, Arrival arrival,
                        std::optional<access::Slot> slot) noexcept override
    {
        stages.push_back(stage);
        had_slot = slot.has_value();
        connection = std::move(arrival.socket);
    }
    /// As its server does, once there is room.
    void say_something()
    {
        if (connection && !has_spoken)
            has_spoken = ::send(connection.get(), "data", 4, MSG_NOSIGNAL | MSG_DONTWAIT) == 4;
    }
    void on_banner_given_up() noexcept override { ++given_up; }

    std::vector<BannerStage> stages;
    bool had_slot = false;
    sys::UniqueFd connection;
    bool has_spoken = false;
    int given_up = 0;
};

struct Fixture {
    explicit Fixture(std::chrono::milliseconds patience = std::chrono::seconds(10))
        : sender(loop, provoked_log, patience)
    {
        const sys::UniqueFd file(::mkstemp(path));
        REQUIRE(file);
        spec.id = "a";
        spec.settings->banner = std::string(path);
    }
    ~Fixture() { ::unlink(path); }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    void write_file(const std::string& text)
    {
        const sys::UniqueFd file(::open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));
        REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    /// @return the client's end
    sys::UniqueFd send(std::optional<access::Slot> slot = std::nullopt)
    {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        const int small = 4096;
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        Arrival arrival;
        arrival.socket.reset(ends[0]);
        sender.send(owner, spec, BannerStage::greeting, std::move(arrival), std::move(slot));
        return sys::UniqueFd(ends[1]);
    }
    /// Reads until `count` bytes are there or the stream ends.
    std::string receive(const sys::UniqueFd& client, std::size_t count)
    {
        std::string all;
        (void)tests::run_until(loop, [&] {
            owner.say_something();
            char buffer[4096];
            const auto got = ::recv(client.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (got > 0)
                all.append(buffer, static_cast<std::size_t>(got));
            return got == 0 || all.size() >= count;
        });
        return all;
    }

    char path[32] = "/tmp/usherd-banner-XXXXXX";
    sys::EventLoop loop;
    tests::RecordingLog log;
    ProvokedLog provoked_log{loop, log};
    config::ServiceSpec spec;
    Owner owner;
    access::SourceCounter counter;
    BannerSender sender;
};

} // namespace

TEST_CASE("a banner that fits is sent at once, and the connection goes on with its slot")
{
    Fixture fixture;
    fixture.write_file("hello\n");
    const auto client = fixture.send(fixture.counter.take(std::nullopt));
    REQUIRE(fixture.owner.stages == std::vector{BannerStage::greeting});
    CHECK(fixture.owner.had_slot);
    CHECK(fixture.sender.pending() == 0);
    CHECK(fixture.receive(client, 10) == "hello\ndata");
}

TEST_CASE("a banner that does not fit is sent in pieces, and data comes after it")
{
    Fixture fixture;
    const std::string text(60'000, 'b');
    fixture.write_file(text);
    const auto client = fixture.send();
    CHECK(fixture.owner.stages.empty());
    CHECK(fixture.sender.pending() == 1);
    CHECK(fixture.receive(client, text.size() + 4) == text + "data");
    CHECK(fixture.sender.pending() == 0);
}

TEST_CASE("a client that does not take its banner is disconnected and his slot is free")
{
    Fixture fixture(std::chrono::milliseconds(50));
    fixture.write_file(std::string(60'000, 'b'));
    const auto client = fixture.send(fixture.counter.take(std::nullopt));
    CHECK(fixture.counter.running() == 1);
    CHECK(tests::run_until(fixture.loop, [&] { return fixture.owner.given_up == 1; }));
    CHECK(fixture.counter.running() == 0);
    CHECK(fixture.owner.stages.empty());
    CHECK(fixture.receive(client, 1'000'000).size() < 60'000); // and then the end
}

TEST_CASE("no more than 64 KiB of a file are sent")
{
    Fixture fixture;
    fixture.write_file(std::string(100'000, 'b'));
    const auto client = fixture.send();
    CHECK(fixture.receive(client, BannerSender::max_bytes + 4) ==
          std::string(BannerSender::max_bytes, 'b') + "data");
}

TEST_CASE("a file that cannot be read is passed over")
{
    Fixture fixture;
    const std::string file = GENERATE("/nonexistent/banner", "/tmp");
    fixture.spec.settings->banner = file;
    const auto client = fixture.send();
    CHECK(fixture.owner.stages.size() == 1);
    CHECK(fixture.receive(client, 4) == "data");
}

TEST_CASE("connections of an owner that goes away are closed")
{
    Fixture fixture;
    fixture.write_file(std::string(60'000, 'b'));
    const auto client = fixture.send();
    fixture.sender.forget(fixture.owner);
    CHECK(fixture.sender.pending() == 0);
    CHECK(fixture.receive(client, 1'000'000).size() < 60'000);
    CHECK(fixture.owner.stages.empty());
}

} // namespace usherd::daemon

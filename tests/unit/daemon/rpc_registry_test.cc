// SPDX-License-Identifier: BSD-2-Clause
//
// RpcRegistry with an rpcbind made up for the purpose: what it is asked, in which order, and what
// is asked again.

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "daemon/rpc_registry.h"
#include "tests/support/catch.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

namespace {

using Mappings = std::vector<RpcMapping>;

RpcMapping version(std::uint32_t number, std::uint16_t port = 4000)
{
    return {200300, number, "tcp", port};
}

struct Question {
    Mappings old, wanted;
};

/// Refuses what it is told to, and waits while it is shut.
class FakeRpcbind {
public:
    RpcOutcome update(const Mappings& old, const Mappings& wanted)
    {
        std::unique_lock lock(mutex_);
        questions_.push_back({old, wanted});
        opened_.wait(lock, [this] { return !shut_; });
        RpcOutcome outcome;
        for (const RpcMapping& mapping : wanted)
            (refused_ == mapping.version ? outcome.refused : outcome.registered).push_back(mapping);
        return outcome;
    }
    void refuse(std::uint32_t number)
    {
        const std::lock_guard lock(mutex_);
        refused_ = number;
    }
    void shut(bool is_shut)
    {
        const std::lock_guard lock(mutex_);
        shut_ = is_shut;
        opened_.notify_all();
    }
    std::vector<Question> questions()
    {
        const std::lock_guard lock(mutex_);
        return questions_;
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    std::vector<Question> questions_;
    std::uint32_t refused_ = 0;
    bool shut_ = false;
};

struct Fixture : RpcObserver {
    void on_rpc_answer(std::uint64_t owner, const RpcOutcome& outcome) noexcept override
    {
        answers[owner].push_back(outcome);
    }
    void settle()
    {
        REQUIRE(tests::run_until(loop, [this] { return registry.pending() == 0; }));
    }

    sys::EventLoop loop;
    FakeRpcbind rpcbind;
    std::map<std::uint64_t, std::vector<RpcOutcome>> answers;
    RpcRegistry registry{loop, *this, [this](const Mappings& old, const Mappings& wanted) {
                             return rpcbind.update(old, wanted);
                         }};
};

} // namespace

TEST_CASE("what is wanted is registered, and what is wanted no more is withdrawn")
{
    Fixture fixture;
    fixture.registry.want(1, {version(1), version(2)});
    CHECK(fixture.registry.pending() == 1);
    fixture.settle();
    REQUIRE(fixture.answers[1].size() == 1);
    CHECK(fixture.answers[1][0].registered == Mappings{version(1), version(2)});
    fixture.registry.want(1, {version(2), version(3)});
    fixture.settle();
    fixture.registry.forget(1);
    fixture.settle();
    const auto asked = fixture.rpcbind.questions();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].old.empty());
    CHECK(asked[1].old == Mappings{version(1)});
    CHECK(asked[1].wanted == Mappings{version(2), version(3)}); // it may have been restarted
    CHECK(asked[2].old == Mappings{version(2), version(3)});
    CHECK(asked[2].wanted.empty());
    CHECK(fixture.answers[1].size() == 2);
}

TEST_CASE("a program on another port is withdrawn first")
{
    Fixture fixture;
    fixture.registry.want(1, {version(1, 4000)});
    fixture.settle();
    fixture.registry.want(1, {version(1, 5000)});
    fixture.settle();
    CHECK(fixture.rpcbind.questions().at(1).old == Mappings{version(1, 4000)});
}

TEST_CASE("what was refused is not withdrawn: it is somebody else's")
{
    Fixture fixture;
    fixture.rpcbind.refuse(2);
    fixture.registry.want(1, {version(1), version(2)});
    fixture.settle();
    CHECK(fixture.answers[1].at(0).refused == Mappings{version(2)});
    fixture.registry.forget(1);
    fixture.settle();
    CHECK(fixture.rpcbind.questions().at(1).old == Mappings{version(1)});
}

TEST_CASE("of what is wanted while rpcbind keeps us waiting the last counts")
{
    Fixture fixture;
    fixture.rpcbind.shut(true);
    fixture.registry.want(1, {version(1)});
    fixture.registry.want(1, {version(2)});
    fixture.registry.want(1, {version(3)});
    fixture.rpcbind.shut(false);
    fixture.settle();
    const auto asked = fixture.rpcbind.questions();
    REQUIRE(asked.size() == 2);
    CHECK(asked[1].old == Mappings{version(1)});
    CHECK(asked[1].wanted == Mappings{version(3)});
    CHECK(fixture.answers[1].size() == 1);
}

TEST_CASE("all is withdrawn before it is idle, and then nothing is asked any more")
{
    Fixture fixture;
    fixture.registry.want(1, {version(1)});
    fixture.registry.want(2, {version(2)});
    fixture.settle();
    bool idle = false;
    fixture.registry.forget_all();
    fixture.registry.when_idle([&] { idle = true; });
    CHECK_FALSE(idle);
    fixture.settle();
    CHECK(idle);
    CHECK(fixture.rpcbind.questions().size() == 4);
    fixture.registry.forget(1);
    CHECK(fixture.registry.pending() == 0);
    idle = false;
    fixture.registry.when_idle([&] { idle = true; });
    CHECK(idle);
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// What is deferred, and stop(), must come about while descriptors are ready all the time.

#include <chrono>
#include <sys/eventfd.h>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::sys {

namespace {

class BusyDescriptor {
public:
    BusyDescriptor() { busy_.start(); }
    void run()
    {
        give_up_.start(10s); // a broken loop would never end
        REQUIRE(loop_.run());
        give_up_.stop();
    }

    int turns = 0;
    int deferred = 0;
    bool gave_up = false;

private:
    void on_busy() noexcept
    {
        after_.schedule();
        if (++turns == 100)
            loop_.stop();
    }
    void on_deferred() noexcept { ++deferred; }
    void on_give_up() noexcept
    {
        gave_up = true;
        busy_.stop();
        loop_.stop();
    }

    EventLoop loop_;
    UniqueFd always_readable_{::eventfd(1, EFD_CLOEXEC)};
    Watch busy_{loop_, always_readable_.get(), Watch::What::readable,
                bind<&BusyDescriptor::on_busy>(*this)};
    Deferred after_{loop_, bind<&BusyDescriptor::on_deferred>(*this)};
    Timer give_up_{loop_, bind<&BusyDescriptor::on_give_up>(*this)};
};

} // namespace

TEST_CASE("a deferred callback runs in the same turn although a descriptor is always ready")
{
    BusyDescriptor loop;
    loop.run();
    CHECK_FALSE(loop.gave_up);
    CHECK(loop.deferred >= 99);
}

TEST_CASE("stop() ends the loop although a descriptor is always ready")
{
    BusyDescriptor loop;
    loop.run();
    CHECK_FALSE(loop.gave_up);
    CHECK(loop.turns < 200);
}

} // namespace usherd::sys

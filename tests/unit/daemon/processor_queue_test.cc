// SPDX-License-Identifier: BSD-2-Clause
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "daemon/processor_queue.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::daemon {

TEST_CASE("processors are busy where more threads want to run than there are")
{
    const ProcessorQueue processors;
    REQUIRE(processors.count() >= 1);
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < processors.count() + 1; ++i)
        threads.emplace_back([&] {
            while (!over) {
            }
        });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    bool busy = false;
    while (!busy && std::chrono::steady_clock::now() < deadline)
        busy = processors.are_busy();
    over = true;
    for (std::thread& thread : threads)
        thread.join();
    CHECK(busy);
}

} // namespace usherd::daemon

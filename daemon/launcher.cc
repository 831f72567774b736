// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/launcher.h"

#include <algorithm>
#include <sys/resource.h>

#include "daemon/loop_launcher.h"
#include "daemon/raw_call.h"
#include "daemon/threaded_launcher.h"

namespace usherd::daemon {

bool loop_makes_children() noexcept
{
    return raw_calls_keep_errno;
}

namespace {

/// By the hard limit, which is what the daemon gives itself.
unsigned places_of_loop() noexcept
{
    constexpr rlim_t descriptors_for_each = 16;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1;
    return static_cast<unsigned>(
        std::clamp<rlim_t>(files.rlim_max / descriptors_for_each, 1, most_on_their_way));
}

} // namespace

unsigned launcher_descriptors(unsigned workers) noexcept
{
    constexpr unsigned shared = 4;
    return shared + 2 * (workers == 0 ? places_of_loop() : workers);
}

std::unique_ptr<Launcher> make_launcher(sys::EventLoop& loop, unsigned workers,
                                        ReportReceiver& receiver)
{
    if (workers == 0 && loop_makes_children())
        return std::make_unique<LoopLauncher>(loop, places_of_loop(), receiver);
    return make_threaded_launcher(loop, std::clamp(workers, 1U, most_spawn_workers), receiver);
}

} // namespace usherd::daemon

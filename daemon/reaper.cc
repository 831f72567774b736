// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/reaper.h"

#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace usherd::daemon {

Reaper::Reaper(sys::EventLoop& loop, ExitReceiver& receiver)
    : receiver_(receiver), child_exited_(loop, SIGCHLD, sys::bind<&Reaper::reap>(*this)),
      again_(loop, sys::bind<&Reaper::reap>(*this))
{
    again_.schedule(); // children may have exited before anybody watched
}

void Reaper::reap() noexcept
{
    constexpr int most_in_a_turn = 64;
    for (int taken = 0; taken < most_in_a_turn; ++taken) {
        int wait_status = 0;
        rusage usage{};
        const pid_t pid = ::wait4(-1, &wait_status, WNOHANG, &usage);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return; // none is left, or those that are still run
        receiver_.on_child_exited(pid, wait_status, usage);
    }
    again_.schedule();
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/reaper.h"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace usherd::daemon {

namespace {

sigset_t only_child_exited() noexcept
{
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    return set;
}

sys::UniqueFd make_signal_descriptor()
{
    const sigset_t set = only_child_exited();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    sys::UniqueFd descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor)
        throw std::system_error(errno, std::generic_category(), "signalfd");
    return descriptor;
}

} // namespace

Reaper::Reaper(sys::EventLoop& loop, ExitReceiver& receiver)
    : receiver_(receiver), signals_(make_signal_descriptor()),
      child_exited_(loop, signals_.get(), sys::Watch::What::readable,
                    sys::bind<&Reaper::on_signal>(*this)),
      again_(loop, sys::bind<&Reaper::reap>(*this))
{
    child_exited_.start();
    again_.schedule(); // children may have exited before anybody watched
}

Reaper::~Reaper()
{
    const sigset_t set = only_child_exited();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Reaper::on_signal() noexcept
{
    signalfd_siginfo info; // of one of them: the kernel keeps a single pending SIGCHLD
    if (::read(signals_.get(), &info, sizeof info) > 0)
        reap();
}

void Reaper::reap() noexcept
{
    constexpr int most_in_a_turn = 64;
    for (int taken = 0; taken < most_in_a_turn; ++taken) {
        int wait_status = 0;
        rusage usage{};
        const pid_t pid = ::wait4(-1, &wait_status, WNOHANG, &usage);
        if (pid <= 0)
            return; // none is left, or those that are still run
        receiver_.on_child_exited(pid, wait_status, usage);
    }
    again_.schedule();
}

} // namespace usherd::daemon

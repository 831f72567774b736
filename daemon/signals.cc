// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/signals.h"

#include <csignal>

namespace usherd::daemon {

struct Signals::Handler {
    Handler(sys::EventLoop& loop, int signal, std::function<void()> what)
        : action(std::move(what)), watch(loop, signal, sys::bind<&Handler::run>(*this))
    {
    }
    void run() noexcept
    {
        if (action)
            action();
    }

    std::function<void()> action;
    sys::SignalWatch watch;
};

Signals::Signals(sys::EventLoop& loop, SignalActions actions) : loop_(loop)
{
    add(SIGHUP, actions.reload);
    add(SIGUSR2, std::move(actions.reload));
    add(SIGUSR1, std::move(actions.dump));
    add(SIGTERM, std::move(actions.stop));
    add(SIGQUIT, std::move(actions.quit));
    add(SIGABRT, std::move(actions.check));
    add(SIGINT, std::move(actions.interrupt));
}

Signals::~Signals() = default;

void Signals::add(int signal, std::function<void()> action)
{
    handlers_.push_back(std::make_unique<Handler>(loop_, signal, std::move(action)));
}

void block_harmless_signals() noexcept
{
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGPIPE, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM, SIGIO, SIGURG,
                             SIGVTALRM, SIGPROF, SIGWINCH, SIGXCPU, SIGXFSZ, SIGPWR, SIGSTKFLT})
        ::sigaddset(&set, signal);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace usherd::daemon

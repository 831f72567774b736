// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/signals.h"

#include <csignal>

namespace usherd::daemon {

struct Signals::Handler {
    Handler(sys::EventLoop& loop, int signal, std::function<void()> what, When when)
        : action(std::move(what)), later(loop, sys::bind<&Handler::run>(*this)),
          watch(loop, signal,
                when == When::last ? sys::bind<&Handler::put_off>(*this)
                                   : sys::bind<&Handler::run>(*this))
    {
    }
    void put_off() noexcept { later.schedule(); }
    void run() noexcept
    {
        if (action)
            action();
    }

    std::function<void()> action;
    sys::Deferred later;
    sys::SignalWatch watch;
};

Signals::Signals(sys::EventLoop& loop, SignalActions actions) : loop_(loop)
{
    add(SIGHUP, actions.reload);
    add(SIGUSR2, std::move(actions.reload));
    add(SIGUSR1, std::move(actions.dump));
    add(SIGABRT, std::move(actions.check));
    // Of signals that came since the last turn nobody can say which was first.
    add(SIGTERM, std::move(actions.stop), When::last);
    add(SIGQUIT, std::move(actions.quit), When::last);
    add(SIGINT, std::move(actions.interrupt), When::last);
}

Signals::~Signals() = default;

void Signals::add(int signal, std::function<void()> action, When when)
{
    handlers_.push_back(std::make_unique<Handler>(loop_, signal, std::move(action), when));
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

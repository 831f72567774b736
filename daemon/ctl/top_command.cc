// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/top_command.h"

#include <clocale>
#include <csignal>
#include <cstring>
#include <langinfo.h>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/full_screen.h"
#include "daemon/ctl/terminal.h"
#include "daemon/ctl/top_screen.h"
#include "daemon/sys/event_loop.h"

namespace usherd::ctl {

namespace {

constexpr std::chrono::seconds answer_deadline{5};
constexpr std::uint32_t sources_asked = 100;

/// The running program: asks each interval, draws, obeys keys and signals.
class Top {
public:
    Top(Session& session, std::chrono::milliseconds interval)
        : client_(session.options.socket, answer_deadline), interval_(interval),
          screen_(STDIN_FILENO, STDOUT_FILENO)
    {
        std::setlocale(LC_CTYPE, "");
        view_.unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
        view_.color = style_of(session).color;
    }

    void run()
    {
        screen_.enter();
        keys_.start();
        on_tick();
        (void)loop_.run();
        screen_.leave();
    }

private:
    void on_tick() noexcept
    {
        view_.trouble.clear();
        ask<control::DaemonStatus>(control::GetStatus{});
        if (view_.trouble.empty())
            ask<control::ServiceList>(control::GetServices{});
        if (view_.trouble.empty() && view_.page == TopPage::sources)
            ask<control::SourceLists>(control::GetSources{sources_asked});
        redraw();
        timer_.start(interval_);
    }

    template <typename Value>
    void ask(const control::Request& request)
    {
        auto outcome = client_.ask(control::to_wire(request));
        if (const auto* error = std::get_if<ClientError>(&outcome)) {
            view_.trouble = error->message;
            return;
        }
        std::string why;
        auto value = control::from_json<Value>(std::get<Reply>(outcome).body, why);
        if (!value)
            view_.trouble = "the answer is not understood: " + why;
        else
            take(std::move(*value));
    }
    void take(control::ServiceList list)
    {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        model_.take(std::move(list),
                    std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    }
    template <typename Value>
    void take(Value value)
    {
        model_.take(std::move(value));
    }

    void redraw() noexcept
    {
        const auto size = screen_.size();
        view_.columns = size.columns;
        view_.lines = size.lines;
        screen_.show(draw(model_, view_));
    }

    void on_keys() noexcept
    {
        const std::string keys = screen_.keys();
        if (keys.empty()) { // nobody will ever press q
            loop_.stop();
            return;
        }
        if (keys == "\x1b[A")
            scroll(-1);
        else if (keys == "\x1b[B")
            scroll(1);
        else
            for (const char key : keys)
                on_key(key);
        redraw();
    }

    void on_key(char key)
    {
        switch (key) {
        case 'q':
        case 'Q':
            loop_.stop();
            return;
        case '\t':
            view_.page = view_.page == TopPage::services ? TopPage::sources : TopPage::services;
            view_.first = 0;
            timer_.start(std::chrono::microseconds{0});
            return;
        case 'k':
            return scroll(-1);
        case 'j':
            return scroll(1);
        case ' ':
            return timer_.start(std::chrono::microseconds{0});
        case 'r':
            return sort(TopSort::rate);
        case 'a':
            return sort(TopSort::accepted);
        case 'f':
            return sort(TopSort::refused);
        case 'u':
            return sort(TopSort::running);
        case 'n':
            return sort(TopSort::name);
        default:
            return;
        }
    }

    void sort(TopSort sort)
    {
        view_.sort = sort;
        view_.first = 0;
    }
    void scroll(int by)
    {
        const std::size_t rows =
            view_.page == TopPage::services
                ? model_.rows(view_.sort).size()
                : std::max(model_.sources().addresses.size(), model_.sources().blocks.size());
        if (by < 0 && view_.first > 0)
            --view_.first;
        else if (by > 0 && view_.first + 1 < rows)
            ++view_.first;
    }

    void on_end() noexcept { loop_.stop(); }
    /// Ctrl-Z: the shell gets its screen back until `fg`.
    void on_suspend() noexcept
    {
        screen_.leave();
        ::kill(::getpid(), SIGSTOP);
        screen_.enter();
        redraw();
    }

    Client client_;
    std::chrono::milliseconds interval_;
    TopModel model_;
    TopView view_;
    FullScreen screen_;
    sys::EventLoop loop_;
    sys::Watch keys_{loop_, STDIN_FILENO, sys::Watch::What::readable,
                     sys::bind<&Top::on_keys>(*this)};
    sys::Timer timer_{loop_, sys::bind<&Top::on_tick>(*this)};
    sys::SignalWatch interrupt_{loop_, SIGINT, sys::bind<&Top::on_end>(*this)};
    sys::SignalWatch terminate_{loop_, SIGTERM, sys::bind<&Top::on_end>(*this)};
    sys::SignalWatch hangup_{loop_, SIGHUP, sys::bind<&Top::on_end>(*this)};
    sys::SignalWatch quit_{loop_, SIGQUIT, sys::bind<&Top::on_end>(*this)};
    sys::SignalWatch suspend_{loop_, SIGTSTP, sys::bind<&Top::on_suspend>(*this)};
    sys::SignalWatch resize_{loop_, SIGWINCH, sys::bind<&Top::redraw>(*this)};
};

void top(std::uint32_t interval, Session& session)
{
    if (session.options.json || ::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
        session.complain("top is for a terminal; for programs there is `usherctl --json services`");
        session.status = ExitStatus::usage;
        return;
    }
    // Without a daemon there is nothing to show, and a complaint would be gone with the screen.
    if (!fetch_text(session, control::GetStatus{}))
        return;
    Top(session, std::chrono::seconds{interval}).run();
}

} // namespace

void add_top_command(CLI::App& app, Session& session)
{
    auto interval = std::make_shared<std::uint32_t>(1);
    CLI::App* const command =
        app.add_subcommand("top", "services and sources, live, on the whole screen; q quits");
    command->add_option("--interval", *interval, "seconds between two looks (default 1)")
        ->check(CLI::Range(1U, 3600U))
        ->option_text("SECONDS");
    command->callback([interval, &session] { top(*interval, session); });
}

} // namespace usherd::ctl

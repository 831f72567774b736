// SPDX-License-Identifier: BSD-2-Clause
//
// Who connects, and what happens.

#include <fmt/format.h>

#include "daemon/ctl/render.h"

namespace usherd::ctl {

namespace {

std::string sources_text(const char* title, const std::vector<control::SourceCount>& sources,
                         const Style& style)
{
    Table table({{title, Align::left, true},
                 {"ARRIVALS", Align::right},
                 {"ACCEPTED", Align::right},
                 {"REFUSED", Align::right}});
    for (const control::SourceCount& one : sources) {
        // A sketch counts too many rather than too few.
        const std::string count =
            one.error == 0
                ? grouped(one.count)
                : fmt::format("{}-{}", grouped(one.count - one.error), grouped(one.count));
        table.add({one.source,
                   count,
                   grouped(one.accepted),
                   {grouped(one.refused), one.refused > 0 ? Color::yellow : Color::none}});
    }
    return table.text(style);
}

Color event_color(control::EventKind kind) noexcept
{
    using control::EventKind;
    switch (kind) {
    case EventKind::refused:
    case EventKind::ban:
        return Color::yellow;
    case EventKind::missed:
    case EventKind::dropped:
        return Color::red;
    case EventKind::state:
    case EventKind::reload:
        return Color::cyan;
    default:
        return Color::none;
    }
}

/// `name=value` of what an event has.
class EventText {
public:
    template <typename Value>
    EventText& add(const char* name, const std::optional<Value>& value)
    {
        if (value)
            text_ += fmt::format(" {}={}", name, shown(*value));
        return *this;
    }
    EventText& add_time(const char* name, const std::optional<std::uint64_t>& milliseconds)
    {
        if (milliseconds)
            text_ += fmt::format(" {}={}", name, precise(*milliseconds));
        return *this;
    }
    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    static std::string shown(const std::string& text)
    {
        const std::string safe = harmless(text);
        return safe.find(' ') == std::string::npos ? safe : '"' + safe + '"';
    }
    template <typename Number>
    static Number shown(Number number)
    {
        return number;
    }

    std::string text_;
};

std::string verdict_mark(const std::string& verdict)
{
    return verdict == "not_reached" ? "-" : verdict;
}

Color verdict_color(const std::string& verdict) noexcept
{
    if (verdict == "pass")
        return Color::green;
    if (verdict == "refuse")
        return Color::red;
    return verdict == "unknown" ? Color::yellow : Color::dim;
}

/// What the step says, and the rule if that does not name it.
std::string why_text(const control::TraceStep& step)
{
    std::string text = harmless(step.text);
    const bool names_rule =
        !step.rule || step.rule->text == step.check || text.find(step.rule->text) != text.npos;
    if (!names_rule)
        text += ": " + harmless(step.rule->text);
    return text;
}

/// One line; the place below it where it does not fit beside.
std::string step_text(const control::TraceStep& step, const Style& style)
{
    constexpr std::size_t indent = 25;
    const std::string why = why_text(step);
    std::string line = painted(fmt::format("{:<8}", verdict_mark(step.verdict)),
                               verdict_color(step.verdict), style.color) +
                       fmt::format("{:<17}{}", step.check, why);
    if (step.rule && step.rule->place) {
        const std::string place = harmless(place_text(*step.rule->place));
        const bool fits = style.width == 0 || indent + width(why) + 2 + width(place) <= style.width;
        line += (fits ? "  " : "\n" + std::string(indent, ' ')) + place;
    }
    return line + '\n';
}

} // namespace

std::string render(const control::ConnectionList& list, control::Time now, const Style& style)
{
    Table table({{"PID", Align::right},
                 {"SERVICE", Align::left, true},
                 {"FROM", Align::left, true},
                 {"PORT", Align::right},
                 {"SINCE"},
                 {"AGE", Align::right},
                 {"USER", Align::left, true}});
    for (const control::Connection& one : list.connections) {
        const bool inside = one.kind != "program";
        const std::string user = inside ? "(" + one.kind + ")" : one.user.value_or("-");
        table.add(
            {one.pid == 0 ? "-" : fmt::format("{}", one.pid),
             one.service,
             one.from.value_or("-"),
             one.port ? fmt::format("{}", *one.port) : "-",
             local_time(one.since),
             for_people(now - one.since),
             {one.ending ? user + ", ending" : user, one.ending ? Color::yellow : Color::none}});
    }
    return table.text(style);
}

std::string render(const control::SourceLists& lists, const Style& style)
{
    return fmt::format("{} arrivals\n\n{}\n{}", grouped(lists.total),
                       sources_text("ADDRESS", lists.addresses, style),
                       sources_text("BLOCK", lists.blocks, style));
}

std::string render(const control::BanList& list, control::Time now, const Style& style)
{
    Table table({{"SOURCE", Align::left, true},
                 {"SINCE"},
                 {"LEFT", Align::right},
                 {"REFUSED", Align::right},
                 {"REASON", Align::left, true}});
    for (const auto* bans : {&list.bans, &list.sensed})
        for (const control::Ban& ban : *bans)
            table.add({ban.source, local_time(ban.since),
                       ban.until ? for_people(*ban.until - now) : "for good", grouped(ban.hits),
                       ban.reason.value_or("-")});
    return table.text(style);
}

std::string render(const control::Event& event, const Style& style)
{
    EventText text;
    text.add("from", event.from).add("port", event.port).add("reason", event.reason);
    text.add("state", event.state).add("pid", event.pid).add("status", event.status);
    text.add("signal", event.signal).add_time("duration", event.duration_ms);
    text.add_time("user", event.user_ms).add_time("system", event.system_ms);
    text.add("max_rss_kb", event.max_rss_kb).add("count", event.count);
    const std::string kind = fmt::format("{:<8}", control::name(event.kind));
    return fmt::format("{} {:>6} {} {}{}\n", local_time_with_milliseconds(event.at), event.seq,
                       painted(kind, event_color(event.kind), style.color),
                       harmless(event.service.value_or("-")), std::move(text).text());
}

std::string render(const control::Trace& trace, const Style& style)
{
    std::string text = fmt::format(
        "{} from {}{} at {}, {}\n", harmless(trace.service), harmless(trace.from),
        trace.host_name && !trace.host_name->empty() ? " (" + harmless(*trace.host_name) + ")" : "",
        local_time(trace.at),
        trace.live ? "with the counts of the running daemon" : "from files, with nothing running");
    for (const control::TraceStep& step : trace.steps)
        text += step_text(step, style);
    text += trace.admitted
                ? painted("admitted", Color::green, style.color) + "\n"
                : painted("refused: " + harmless(trace.reason), Color::red, style.color) + "\n";
    return text;
}

} // namespace usherd::ctl

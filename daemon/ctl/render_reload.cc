// SPDX-License-Identifier: BSD-2-Clause
//
// What a reload changed, or would change.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/ctl/render.h"

namespace usherd::ctl {

namespace {

enum class Fate : std::uint8_t { ends, goes_on };

std::string sessions_text(std::uint64_t sessions, Fate fate)
{
    if (sessions == 0)
        return "nothing runs";
    const bool one = sessions == 1;
    if (fate == Fate::ends)
        return fmt::format("{} {}", sessions, one ? "session ends" : "sessions end");
    return fmt::format("{} {}", sessions,
                       one ? "session runs on as it began" : "sessions run on as they began");
}

std::string value_text(const std::string& value)
{
    return value.empty() ? "(not set)" : harmless(value);
}

std::string changed_text(const control::ChangedService& changed)
{
    const bool rebound = changed.listener == "rebound";
    std::string text =
        fmt::format("~ {}: {}; {}\n", harmless(changed.id),
                    rebound ? "its sockets are opened anew" : "its sockets stay open",
                    sessions_text(changed.sessions, rebound ? Fate::ends : Fate::goes_on));
    for (const control::AttributeChange& change : changed.changes)
        text += fmt::format("    {}: {} -> {}\n", harmless(change.attribute),
                            value_text(change.from), value_text(change.to));
    return text;
}

std::string diagnostic_text(const control::PlanDiagnostic& diagnostic)
{
    return fmt::format("{}: {}: {}{}\n", harmless(place_text(diagnostic.place)),
                       diagnostic.severity, harmless(diagnostic.message),
                       diagnostic.suggestion ? "; " + harmless(*diagnostic.suggestion) : "");
}

bool is_shown(const control::PlanDiagnostic& diagnostic)
{
    return diagnostic.severity != "debug" && diagnostic.severity != "info";
}

std::string summary(const control::ReloadAnswer& answer)
{
    const char* what = answer.applied   ? "done"
                       : answer.dry_run ? "nothing is done: a dry run"
                                        : "nothing is changed";
    return fmt::format("{} added, {} changed, {} removed, {} stale, {} as before; {} errors, {} "
                       "warnings; {}\n",
                       answer.added.size(), answer.changed.size(), answer.removed.size(),
                       answer.stale.size(), answer.unchanged, answer.errors, answer.warnings, what);
}

} // namespace

std::string render(const control::ReloadAnswer& answer, const Style& style)
{
    std::string text;
    for (const control::PlanDiagnostic& diagnostic : answer.diagnostics)
        if (is_shown(diagnostic))
            text += diagnostic_text(diagnostic);
    for (const control::AddedService& added : answer.added)
        text += painted(fmt::format("+ {}: new, on {} ({})", harmless(added.id),
                                    harmless(fmt::format("{}", fmt::join(added.addresses, ", "))),
                                    harmless(place_text(added.place))),
                        Color::green, style.color) +
                '\n';
    for (const control::ChangedService& changed : answer.changed)
        text += changed_text(changed);
    for (const control::RemovedService& removed : answer.removed)
        text += painted(fmt::format("- {}: {}; {}", harmless(removed.id),
                                    removed.why == "changed_identity"
                                        ? "another service takes its place"
                                        : "removed",
                                    sessions_text(removed.sessions, Fate::ends)),
                        Color::red, style.color) +
                '\n';
    for (const control::StaleService& stale : answer.stale)
        text += painted(fmt::format("! {}: runs on with its last good settings: {}",
                                    harmless(stale.id), harmless(stale.why)),
                        Color::yellow, style.color) +
                '\n';
    if (answer.message)
        text += harmless(*answer.message) + '\n';
    return text + summary(answer);
}

} // namespace usherd::ctl

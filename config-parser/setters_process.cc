// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes of the server process: program, arguments, environment, identity, priority.

#include <algorithm>
#include <limits>

#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"

namespace usherd::config::setters {

namespace {

std::string_view why(const FileError& error)
{
    return error.text.empty() ? std::string_view{"it cannot be examined"}
                              : std::string_view{error.text};
}

} // namespace

bool set_user(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    if (all_digits(word.text)) {
        const auto uid = parse_id(word, "a user id", report);
        if (uid)
            draft.spec.process->user =
                UserRef{word.text, *uid, *uid, context.names.user(*uid).has_value()};
        return uid.has_value();
    }
    const auto entry = context.names.user(word.text);
    if (entry) {
        draft.spec.process->user = UserRef{word.text, entry->uid, entry->gid, true};
        return true;
    }
    Diagnostic& diagnostic = report.bad(word, fmt::format("there is no user '{}'", word.text));
    const std::size_t separator = word.text.find_first_of(".:");
    if (separator != std::string::npos && separator > 0 && separator + 1 < word.text.size())
        diagnostic.suggestion =
            fmt::format("write 'user = {}' and 'group = {}'", word.text.substr(0, separator),
                        word.text.substr(separator + 1));
    return false;
}

bool set_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto gid = all_digits(word.text) ? parse_id(word, "a group id", report)
                                           : context.names.group(word.text);
    if (gid) {
        draft.spec.process->group = GroupRef{word.text, *gid};
        return true;
    }
    if (!all_digits(word.text))
        report.bad(word, fmt::format("there is no group '{}'", word.text));
    return false;
}

bool set_groups(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto groups = parse_yes_no(attribute.words[0], report);
    if (groups)
        draft.spec.process->groups = *groups;
    return groups.has_value();
}

bool set_server(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const auto verdict = context.files.may_execute(word.text);
    const auto* error = std::get_if<FileError>(&verdict);
    if (error == nullptr || draft.from_inetd) {
        draft.spec.process->server = word.text;
        return true;
    }
    const ValueReport report(draft, attribute, context.diagnostics);
    report.bad(word, fmt::format("'{}' is not executable: {}", word.text, why(*error)));
    return false;
}

bool set_server_args(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.server_args = attribute.words;
    return true;
}

bool set_env(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    if (attribute.op == AssignOp::remove) {
        report.bad_line(Severity::warning, "variables cannot be removed with '-='");
        return false;
    }
    if (attribute.op == AssignOp::set)
        draft.spec.process->env.clear();
    bool good = true;
    for (const Word& word : attribute.words) {
        if (word.text.find('=') != std::string::npos) {
            draft.spec.process->env.push_back(word.text);
            continue;
        }
        report.bad(word, fmt::format("expected NAME=value, found '{}'", word.text));
        good = false;
    }
    return good;
}

bool set_passenv(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    auto& names = draft.spec.process->passenv;
    const bool replaces = attribute.op == AssignOp::set && draft.kind == RawSection::Kind::service;
    if (!names || replaces)
        names.emplace();
    // As in xinetd a name is looked for in the list without regard to case.
    for (const Word& word : attribute.words) {
        const auto same = [&word](const std::string& name) {
            return equal_ignoring_case(name, word.text);
        };
        if (attribute.op == AssignOp::remove)
            std::erase_if(*names, same);
        else if (std::any_of(names->begin(), names->end(), same))
            continue;
        else if (context.names.environment(word.text))
            names->push_back(word.text);
        else
            report.ignored(Severity::warning, word,
                           fmt::format("variable '{}' is not set", word.text));
    }
    return true;
}

bool set_nice(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    // The kernel takes -20 to 19 and clamps the rest; xinetd wraps what an int does not hold.
    constexpr std::int64_t lowest = std::numeric_limits<int>::min();
    constexpr std::int64_t highest = std::numeric_limits<int>::max();
    const Word& word = attribute.words[0];
    const auto value = parse_signed(word.text);
    if (!value || *value < lowest || *value > highest) {
        const ValueReport report(draft, attribute, context.diagnostics);
        report.bad(word, fmt::format("expected an integer{}, found '{}'",
                                     value ? " of 32 bits" : "", word.text));
        return false;
    }
    draft.spec.process->nice = static_cast<int>(*value);
    return true;
}

bool set_umask(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    draft.spec.process->umask = parse_octal(word.text, 0777);
    if (draft.spec.process->umask)
        return true;
    const ValueReport report(draft, attribute, context.diagnostics);
    // xinetd's message ends before its suffix with the place.
    report.bad(word, fmt::format("expected an octal number from 0 to 777, found '{}'", word.text))
        .after_reading = true;
    return false;
}

} // namespace usherd::config::setters

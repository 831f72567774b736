// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes about what is logged, and where.

#include <algorithm>
#include <array>
#include <limits>
#include <syslog.h>

#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"

namespace usherd::config::setters {

namespace {

constexpr std::array facilities{
    Keyword{"daemon", LOG_DAEMON}, Keyword{"auth", LOG_AUTH},     Keyword{"authpriv", LOG_AUTHPRIV},
    Keyword{"user", LOG_USER},     Keyword{"mail", LOG_MAIL},     Keyword{"lpr", LOG_LPR},
    Keyword{"news", LOG_NEWS},     Keyword{"uucp", LOG_UUCP},     Keyword{"ftp", LOG_FTP},
    Keyword{"local0", LOG_LOCAL0}, Keyword{"local1", LOG_LOCAL1}, Keyword{"local2", LOG_LOCAL2},
    Keyword{"local3", LOG_LOCAL3}, Keyword{"local4", LOG_LOCAL4}, Keyword{"local5", LOG_LOCAL5},
    Keyword{"local6", LOG_LOCAL6}, Keyword{"local7", LOG_LOCAL7},
};

constexpr std::array levels{
    Keyword{"emerg", LOG_EMERG}, Keyword{"alert", LOG_ALERT},     Keyword{"crit", LOG_CRIT},
    Keyword{"err", LOG_ERR},     Keyword{"warning", LOG_WARNING}, Keyword{"notice", LOG_NOTICE},
    Keyword{"info", LOG_INFO},   Keyword{"debug", LOG_DEBUG},
};

constexpr std::array success_flags{
    Keyword{"HOST", static_cast<int>(SuccessLog::host)},
    Keyword{"DURATION", static_cast<int>(SuccessLog::duration)},
    Keyword{"EXIT", static_cast<int>(SuccessLog::exit)},
    Keyword{"PID", static_cast<int>(SuccessLog::pid)},
    Keyword{"USERID", static_cast<int>(SuccessLog::userid)},
    Keyword{"TRAFFIC", static_cast<int>(SuccessLog::traffic)},
};

constexpr std::array failure_flags{
    Keyword{"HOST", static_cast<int>(FailureLog::host)},
    Keyword{"ATTEMPT", static_cast<int>(FailureLog::attempt)},
    Keyword{"USERID", static_cast<int>(FailureLog::userid)},
};

bool wrong_count(const RawAttribute& attribute, std::string_view form, const ValueReport& report)
{
    report.bad(attribute.words[0],
               fmt::format("expected {}, found {} words", form, attribute.words.size()));
    return false;
}

bool set_syslog(ServiceDraft& draft, const RawAttribute& attribute, const ValueReport& report)
{
    const auto& words = attribute.words;
    if (words.size() < 2 || words.size() > 3)
        return wrong_count(attribute, "SYSLOG facility [level]", report);
    const auto facility = parse_keyword(facilities, words[1], report);
    if (!facility)
        return false;
    SyslogTarget target;
    target.facility = *facility;
    if (words.size() == 3) {
        const auto level = parse_keyword(levels, words[2], report);
        if (!level)
            return false;
        target.level = *level;
    }
    draft.spec.settings->log_target = target;
    return true;
}

/// The hard limit where none is given: 1 % more than the soft one, but 5 KiB to 20 KiB more.
std::uint64_t usual_hard_limit(std::uint64_t soft)
{
    constexpr std::uint64_t least_extra = 5120;
    constexpr std::uint64_t most_extra = 20480;
    return soft + std::clamp(soft / 100, least_extra, most_extra);
}

std::optional<std::uint64_t> parse_log_limit(const Word& word, std::string_view which,
                                             const ValueReport& report)
{
    const auto limit = parse_size(word.text);
    if (limit && *limit <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return limit;
    report.bad(word, fmt::format("expected a {} limit such as 500000, 512K or 8M, found '{}'",
                                 which, word.text));
    return std::nullopt;
}

bool set_file(ServiceDraft& draft, const RawAttribute& attribute, const ValueReport& report)
{
    const auto& words = attribute.words;
    if (words.size() < 2 || words.size() > 4)
        return wrong_count(attribute, "FILE path [soft [hard]]", report);
    FileTarget target;
    target.path = words[1].text;
    if (words.size() > 2) {
        const auto soft = parse_log_limit(words[2], "soft", report);
        if (!soft)
            return false;
        const auto hard =
            words.size() > 3 ? parse_log_limit(words[3], "hard", report) : usual_hard_limit(*soft);
        if (!hard)
            return false;
        if (*hard < *soft) {
            report.bad(words[3], fmt::format("the hard limit {} is below the soft limit {}",
                                             words[3].text, words[2].text));
            return false;
        }
        if (*soft > 0) {
            target.soft_limit = *soft;
            target.hard_limit = *hard;
        }
    }
    draft.spec.settings->log_target = std::move(target);
    return true;
}

} // namespace

/// A second log_type is ignored in a service; in `defaults` it is an error.
bool set_log_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    if (!std::holds_alternative<std::monostate>(draft.spec.settings->log_target)) {
        if (draft.kind == RawSection::Kind::service) {
            report.line_ignored("already set");
            return true;
        }
        report.bad_line(Severity::error, "only one is possible in defaults");
        return false;
    }
    constexpr std::array kinds{Keyword{"SYSLOG", 0}, Keyword{"FILE", 1}};
    const auto kind = parse_keyword(kinds, attribute.words[0], report);
    if (!kind)
        return false;
    return *kind == 0 ? set_syslog(draft, attribute, report) : set_file(draft, attribute, report);
}

bool set_log_on_success(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    auto& flags = draft.spec.settings->log_on_success;
    if (attribute.op == AssignOp::set && draft.kind == RawSection::Kind::service)
        flags = {};
    bool good = true;
    for (const Word& word : attribute.words) {
        const auto flag = parse_keyword(success_flags, word, report, BadKeyword::is_warning);
        good = good && flag;
        if (flag && attribute.op == AssignOp::remove)
            flags.remove(static_cast<SuccessLog>(*flag));
        else if (flag)
            flags.add(static_cast<SuccessLog>(*flag));
    }
    return good;
}

bool set_log_on_failure(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    auto& flags = draft.spec.settings->log_on_failure;
    if (attribute.op == AssignOp::set && draft.kind == RawSection::Kind::service)
        flags = {};
    bool good = true;
    for (const Word& word : attribute.words) {
        const auto flag = parse_keyword(failure_flags, word, report, BadKeyword::is_warning);
        good = good && flag;
        if (flag && attribute.op == AssignOp::remove)
            flags.remove(static_cast<FailureLog>(*flag));
        else if (flag)
            flags.add(static_cast<FailureLog>(*flag));
    }
    return good;
}

} // namespace usherd::config::setters

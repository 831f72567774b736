// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/log_record.h"

#include <array>
#include <iterator>
#include <sys/wait.h>

#include <fmt/format.h>

namespace usherd::core {

using config::FailureLog;
using config::SuccessLog;

namespace {

std::string address_text(const std::optional<access::Peer>& peer)
{
    return peer ? access::log_text(*peer) : "<no address>";
}

/// Length of the UTF-8 sequence at the start of `text`, as Unicode defines well-formed ones;
/// 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept
{
    struct Form {
        unsigned char first_low, first_high, second_low, second_high;
        std::size_t length;
    };
    // The Unicode Standard, table 3-7: Well-Formed UTF-8 Byte Sequences.
    static constexpr std::array<Form, 9> forms{{{0x00, 0x7f, 0, 0, 1},
                                                {0xc2, 0xdf, 0x80, 0xbf, 2},
                                                {0xe0, 0xe0, 0xa0, 0xbf, 3},
                                                {0xe1, 0xec, 0x80, 0xbf, 3},
                                                {0xed, 0xed, 0x80, 0x9f, 3},
                                                {0xee, 0xef, 0x80, 0xbf, 3},
                                                {0xf0, 0xf0, 0x90, 0xbf, 4},
                                                {0xf1, 0xf3, 0x80, 0xbf, 4},
                                                {0xf4, 0xf4, 0x80, 0x8f, 4}}};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (const Form& form : forms) {
        if (byte(0) < form.first_low || byte(0) > form.first_high)
            continue;
        if (text.size() < form.length)
            return 0;
        if (form.length > 1 && (byte(1) < form.second_low || byte(1) > form.second_high))
            return 0;
        for (std::size_t i = 2; i < form.length; ++i)
            if ((byte(i) & 0xc0) != 0x80)
                return 0;
        return form.length;
    }
    return 0;
}

/// C0 and DEL, and C1 in its UTF-8 form (U+0080 to U+009F): a terminal acts on them.
bool is_control(std::string_view sequence) noexcept
{
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1)
        return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

void append_escape(std::string& out, std::string_view bytes)
{
    for (const char c : bytes) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
}

enum class Backslash : std::uint8_t { keep, twice };

bool is_plain(std::string_view text, Backslash backslash) noexcept
{
    for (const char c : text)
        if (c < 0x20 || c > 0x7e || (c == '\\' && backslash == Backslash::twice))
            return false;
    return true;
}

std::string escape(std::string_view text, std::size_t max_bytes, Backslash backslash)
{
    if (text.size() <= max_bytes && is_plain(text, backslash))
        return std::string(text);
    static constexpr std::string_view cut_mark = "...";
    std::string out;
    std::string::size_type cut_at = 0; // the longest part that leaves room for the mark
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view unit = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || is_control(unit))
            append_escape(out, unit);
        else if (unit == "\\" && backslash == Backslash::twice)
            out += "\\\\";
        else
            out += unit;
        text.remove_prefix(unit.size());
        if (out.size() + cut_mark.size() <= max_bytes)
            cut_at = out.size();
        if (out.size() > max_bytes) {
            out.resize(cut_at);
            out += cut_mark.substr(0, max_bytes - cut_at);
            return out;
        }
    }
    return out;
}

} // namespace

std::string start_record(const config::ServiceSpec& spec, int pid,
                         const std::optional<access::Peer>& peer)
{
    if (spec.settings->log_on_success.empty())
        return {};
    std::string record = "START: " + spec.id;
    if (spec.settings->log_on_success.has(SuccessLog::pid))
        fmt::format_to(std::back_inserter(record), " pid={}", pid);
    if (spec.settings->log_on_success.has(SuccessLog::host))
        record += " from=" + address_text(peer);
    return record;
}

std::string exit_record(const config::ServiceSpec& spec, const ExitFacts& facts)
{
    const auto& wanted = spec.settings->log_on_success;
    if (!wanted.has(SuccessLog::exit) && !wanted.has(SuccessLog::duration))
        return {};
    std::string record = "EXIT: " + spec.id;
    const auto out = std::back_inserter(record);
    if (wanted.has(SuccessLog::exit)) {
        if (WIFSIGNALED(facts.wait_status))
            fmt::format_to(out, " signal={}", WTERMSIG(facts.wait_status));
        else
            fmt::format_to(out, " status={}", WEXITSTATUS(facts.wait_status));
    }
    if (wanted.has(SuccessLog::pid))
        fmt::format_to(out, " pid={}", facts.pid);
    if (wanted.has(SuccessLog::duration))
        fmt::format_to(out, " duration={}(sec)", facts.duration.count());
    return record;
}

std::string traffic_record(const config::ServiceSpec& spec, std::uint64_t in, std::uint64_t out)
{
    if (!spec.settings->log_on_success.has(SuccessLog::traffic))
        return {};
    return fmt::format("TRAFFIC: {} in={}(bytes) out={}(bytes)", spec.id, in, out);
}

std::string userid_record(const config::ServiceSpec& spec, std::string_view user)
{
    constexpr std::size_t max_user_bytes = 900; // in a record of xinetd's 1024
    return "USERID: " + spec.id + ' ' + escaped(user, max_user_bytes);
}

std::string noid_record(const config::ServiceSpec& spec, const std::optional<access::Peer>& peer,
                        std::string_view explanation)
{
    return fmt::format("NOID: {} {} {}", spec.id, address_text(peer), explanation);
}

std::string fail_record(const config::ServiceSpec& spec, access::Reason reason,
                        const std::optional<access::Peer>& peer)
{
    if (spec.settings->log_on_failure.empty())
        return {};
    std::string record = "FAIL: " + spec.id + ' ';
    record += access::log_token(reason);
    if (spec.settings->log_on_failure.has(FailureLog::host))
        record += " from=" + address_text(peer);
    return record;
}

std::string escaped(std::string_view text, std::size_t max_bytes)
{
    return escape(text, max_bytes, Backslash::twice);
}

std::string one_line(std::string_view text, std::size_t max_bytes)
{
    return escape(text, max_bytes, Backslash::keep);
}

} // namespace usherd::core

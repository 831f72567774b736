// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes that say what a service is: names, kinds, protocol, switches.

#include <algorithm>
#include <array>

#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"

namespace usherd::config::setters {

namespace {

template <typename Enum>
constexpr Keyword keyword(std::string_view text, Enum value)
{
    return {text, static_cast<int>(value)};
}

constexpr std::array service_types{
    keyword("RPC", ServiceType::rpc),           keyword("INTERNAL", ServiceType::internal),
    keyword("UNLISTED", ServiceType::unlisted), keyword("SPECIAL", ServiceType::special),
    keyword("TCPMUX", ServiceType::tcpmux),     keyword("TCPMUXPLUS", ServiceType::tcpmuxplus),
};

constexpr std::array service_flags{
    keyword("REUSE", ServiceFlag::reuse),
    keyword("INTERCEPT", ServiceFlag::intercept),
    keyword("NORETRY", ServiceFlag::noretry),
    keyword("IDONLY", ServiceFlag::idonly),
    keyword("NAMEINARGS", ServiceFlag::nameinargs),
    keyword("NODELAY", ServiceFlag::nodelay),
    keyword("KEEPALIVE", ServiceFlag::keepalive),
    keyword("NOLIBWRAP", ServiceFlag::nolibwrap),
    keyword("SENSOR", ServiceFlag::sensor),
    keyword("IPv4", ServiceFlag::ipv4),
    keyword("IPv6", ServiceFlag::ipv6),
    keyword("LABELED", ServiceFlag::labeled),
};

constexpr std::array socket_types{
    keyword("stream", SocketType::stream),
    keyword("dgram", SocketType::dgram),
    keyword("raw", SocketType::raw),
    keyword("seqpacket", SocketType::seqpacket),
};

bool set_words(std::vector<Word>& list, const RawAttribute& attribute)
{
    for (const Word& word : attribute.words) {
        if (attribute.op != AssignOp::remove)
            list.push_back(word);
        else
            std::erase_if(list, [&word](const Word& listed) {
                return equal_ignoring_case(listed.text, word.text);
            });
    }
    return true;
}

} // namespace

bool set_id(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.spec.id = attribute.words[0].text;
    return true;
}

bool set_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    bool good = true;
    for (const Word& word : attribute.words) {
        const auto type = parse_keyword(service_types, word, report, BadKeyword::is_warning);
        good = good && type;
        if (type)
            draft.spec.types.add(static_cast<ServiceType>(*type));
    }
    return good;
}

bool set_flags(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    bool good = true;
    for (const Word& word : attribute.words) {
        const auto flag = parse_keyword(service_flags, word, report, BadKeyword::is_warning);
        good = good && flag;
        if (flag)
            draft.spec.flags.add(static_cast<ServiceFlag>(*flag));
    }
    return good;
}

bool set_disable(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto disabled = parse_yes_no(attribute.words[0], report);
    if (disabled)
        draft.disabled = *disabled;
    return disabled.has_value();
}

bool set_socket_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto type = parse_keyword(socket_types, attribute.words[0], report);
    if (type)
        draft.socket_type = static_cast<SocketType>(*type);
    return type.has_value();
}

bool set_protocol(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    if (const auto entry = context.names.protocol(word.text)) {
        // As in xinetd an alias stays one: the services database does not know "TCP".
        draft.protocol = Protocol{word.text, entry->number};
        return true;
    }
    constexpr std::array usual{Keyword{"tcp", 0}, Keyword{"udp", 0}};
    const ValueReport report(draft, attribute, context.diagnostics);
    suggest(report.bad(word, fmt::format("'{}' is not in the protocols database", word.text)),
            closest_keyword(usual, word.text));
    return false;
}

bool set_wait(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    draft.wait = parse_yes_no(attribute.words[0], report);
    return draft.wait.has_value();
}

bool set_rpc_version(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const std::string_view text = word.text;
    const std::size_t dash = text.find('-');
    const auto first = parse_natural(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_natural(text.substr(dash + 1));
    if (first && last && *first <= *last && *last <= UINT32_MAX) {
        Rpc rpc;
        rpc.first_version = static_cast<std::uint32_t>(*first);
        rpc.last_version = static_cast<std::uint32_t>(*last);
        draft.spec.settings->rpc = rpc;
        return true;
    }
    const ValueReport report(draft, attribute, context.diagnostics);
    report.bad(word, fmt::format("expected a version N or a range N-M, found '{}'", word.text));
    return false;
}

bool set_rpc_number(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto number =
        parse_range(attribute.words[0], 0, UINT32_MAX, "an RPC program number", report);
    if (number)
        draft.rpc_number = static_cast<std::uint32_t>(*number);
    return number.has_value();
}

bool set_enabled(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.has_enabled = draft.has_enabled || attribute.op != AssignOp::remove;
    return set_words(draft.enabled, attribute);
}

bool set_disabled(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    return set_words(draft.disabled_ids, attribute);
}

} // namespace usherd::config::setters

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/check_formats.h"

#include <nlohmann/json.hpp>

namespace usherd::ctl {

namespace {

using config::Diagnostic;
using config::Severity;
using nlohmann::ordered_json;

std::string dump(const ordered_json& json)
{
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

std::string counts(const CheckReport& report)
{
    return fmt::format("{} services, {} dropped, {} errors, {} warnings\n", report.services,
                       report.dropped, report.errors, report.warnings);
}

std::string whole_message(const Diagnostic& diagnostic)
{
    return diagnostic.suggestion.empty() ? diagnostic.message
                                         : diagnostic.message + "; " + diagnostic.suggestion;
}

ordered_json to_json(const CheckItem& item)
{
    const Diagnostic& diagnostic = item.diagnostic;
    ordered_json json{{"rule", item.rule},
                      {"severity", name(diagnostic.severity)},
                      {"file", diagnostic.path},
                      {"line", diagnostic.location.line},
                      {"column", diagnostic.location.column},
                      {"length", diagnostic.length},
                      {"message", diagnostic.message}};
    const auto add = [&json](const char* key, const std::string& value) {
        if (!value.empty())
            json[key] = value;
    };
    add("suggestion", diagnostic.suggestion);
    add("service", diagnostic.service);
    add("attribute", diagnostic.attribute);
    return json;
}

const char* sarif_level(Severity severity)
{
    if (severity >= Severity::error)
        return "error";
    return severity == Severity::warning ? "warning" : "note";
}

ordered_json sarif_rules()
{
    ordered_json rules = ordered_json::array();
    const auto add = [&rules](std::string_view id, std::string_view name, std::string_view summary,
                              std::string_view remedy, Severity severity) {
        rules.push_back({{"id", id},
                         {"name", name},
                         {"shortDescription", {{"text", summary}}},
                         {"help", {{"text", remedy}}},
                         {"defaultConfiguration", {{"level", sarif_level(severity)}}}});
    };
    add(loader_rule, "configuration", "The daemon's own loader complains.",
        "See usherd.conf(5) about the attribute.", Severity::error);
    for (const config::LintRule& rule : config::lint_rules())
        add(rule.id, rule.name, rule.summary, rule.remedy, rule.severity);
    return rules;
}

/// RFC 3986: what a path may not have in a URI, percent-encoded.
std::string to_uri(const std::string& path)
{
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view{"-._~/"}.find(c) != std::string_view::npos;
        uri += plain ? std::string(1, c)
                     : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return uri;
}

ordered_json sarif_result(const CheckItem& item)
{
    const Diagnostic& diagnostic = item.diagnostic;
    ordered_json place{{"artifactLocation", {{"uri", to_uri(diagnostic.path)}}}};
    if (diagnostic.location.line > 0 && diagnostic.location.column > 0)
        place["region"] = {{"startLine", diagnostic.location.line},
                           {"startColumn", diagnostic.location.column},
                           {"endColumn", diagnostic.location.column + diagnostic.length}};
    else if (diagnostic.location.line > 0)
        place["region"] = {{"startLine", diagnostic.location.line}};
    return {{"ruleId", item.rule},
            {"ruleIndex", std::stoi(std::string(item.rule.substr(2)))},
            {"level", sarif_level(diagnostic.severity)},
            {"message", {{"text", whole_message(diagnostic)}}},
            {"locations", ordered_json::array({{{"physicalLocation", place}}})}};
}

/// @param is_property of a command, where two more characters mean something.
std::string github_text(std::string_view text, bool is_property)
{
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || c == '%' || (is_property && (c == ':' || c == ',')))
            result += fmt::format("%{:02X}", static_cast<unsigned>(byte));
        else
            result += c;
    }
    return result;
}

} // namespace

std::string check_as_text(const CheckReport& report)
{
    std::string text;
    for (const CheckItem& item : report.items) {
        Diagnostic diagnostic = item.diagnostic;
        if (item.rule != loader_rule)
            diagnostic.message += fmt::format(" [{}]", item.rule);
        text += render(diagnostic);
    }
    return text + counts(report);
}

std::string check_as_json(const CheckReport& report)
{
    ordered_json list = ordered_json::array();
    for (const CheckItem& item : report.items)
        list.push_back(to_json(item));
    return dump({{"services", report.services},
                 {"dropped", report.dropped},
                 {"errors", report.errors},
                 {"warnings", report.warnings},
                 {"diagnostics", std::move(list)}});
}

std::string check_as_sarif(const CheckReport& report)
{
    ordered_json results = ordered_json::array();
    for (const CheckItem& item : report.items)
        results.push_back(sarif_result(item));
    ordered_json driver{
        {"name", "usherctl"}, {"version", USHERD_VERSION}, {"rules", sarif_rules()}};
    ordered_json run{{"tool", {{"driver", std::move(driver)}}},
                     {"columnKind", "utf16CodeUnits"},
                     {"results", std::move(results)}};
    return dump({{"$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/"
                             "sarif-schema-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", ordered_json::array({std::move(run)})}});
}

std::string check_as_github(const CheckReport& report)
{
    std::string text;
    for (const CheckItem& item : report.items) {
        const Diagnostic& diagnostic = item.diagnostic;
        const std::string_view level = sarif_level(diagnostic.severity);
        text += fmt::format("::{} file={}", level == "note" ? "notice" : level,
                            github_text(diagnostic.path, true));
        if (diagnostic.location.line > 0)
            text += fmt::format(",line={}", diagnostic.location.line);
        if (diagnostic.location.column > 0)
            text += fmt::format(",col={}", diagnostic.location.column);
        text += fmt::format(",title={}::{}\n", item.rule,
                            github_text(whole_message(diagnostic), false));
    }
    return text + counts(report);
}

} // namespace usherd::ctl

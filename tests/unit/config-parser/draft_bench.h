// SPDX-License-Identifier: BSD-2-Clause
//
// Runs attribute lines through their setters, without files and front ends, and shows what came of
// them.

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config-parser/attribute_table.h"
#include "config-parser/diagnostic.h"
#include "config-parser/validate.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"

namespace usherd::test {

/// Everything below /bin may be executed.
class Programs final : public config::FileSource {
public:
    std::variant<Text, config::FileError> read(const std::string&) override
    {
        return config::FileError{};
    }
    std::variant<std::vector<std::string>, config::FileError> list(const std::string&) override
    {
        return config::FileError{};
    }
    std::variant<std::monostate, config::FileError> may_execute(const std::string& path) override
    {
        using Kind = config::FileError::Kind;
        if (path.starts_with("/bin"))
            return std::monostate{};
        return config::FileError{Kind::missing, 2, "No such file or directory"};
    }
};

/// One draft and everything its setters need.
class DraftBench {
public:
    explicit DraftBench(config::RawSection::Kind kind = config::RawSection::Kind::service)
    {
        file_ = sources_.add("test.conf", std::make_shared<const std::string>());
        draft.kind = kind;
        if (kind == config::RawSection::Kind::service)
            draft.spec.name = "svc";
        draft.spec.location = {file_, 1, 1};
    }

    FixedNames names;
    Programs programs;
    config::ServiceDraft draft;

    /// `name op words`, taken apart at blanks. @return what the setter returned.
    bool set(std::string_view line)
    {
        const config::RawAttribute attribute = parse(line);
        const auto row = config::find_attribute(attribute.name);
        REQUIRE(row);
        auto context = make_context();
        const bool good = config::attribute_table()[*row].set(draft, attribute, context);
        if (good)
            draft.origins.push_back({*row, false, attribute.location});
        draft.bad_value = draft.bad_value || !good;
        return good;
    }
    /// Several lines, all of which must be good.
    DraftBench& with(std::initializer_list<std::string_view> lines)
    {
        for (const std::string_view line : lines) {
            INFO(line);
            REQUIRE(set(line));
        }
        return *this;
    }
    std::optional<config::ServiceSpec> finish(const config::ServiceSpec& defaults = {},
                                              const config::LoadOptions& options = {})
    {
        auto context = make_context();
        return config::finish(draft, defaults, options, context);
    }
    config::ServiceSpec finish_as_defaults()
    {
        auto context = make_context();
        config::finish_defaults(draft, context);
        return draft.spec;
    }
    /// `LINE:COLUMN severity effect: message; suggestion`, one for each diagnostic, joined by `|`.
    [[nodiscard]] std::string told() const
    {
        std::string text;
        for (const config::Diagnostic& one : diagnostics.all())
            text += fmt::format("{}{}:{} {} {}: {}{}{}", text.empty() ? "" : "|", one.location.line,
                                one.location.column, name(one.severity), effect(one.effect),
                                one.message, one.suggestion.empty() ? "" : "; ", one.suggestion);
        return text;
    }

private:
    config::Sources sources_;

public:
    config::Diagnostics diagnostics{sources_};

private:
    config::SetterContext make_context() { return {diagnostics, programs, names}; }

    static const char* effect(config::Effect effect)
    {
        constexpr std::array names{"none", "line", "word", "service", "entry", "load"};
        return names.at(static_cast<std::size_t>(effect));
    }

    config::RawAttribute parse(std::string_view line)
    {
        ++line_number_;
        config::RawAttribute attribute;
        std::vector<config::Word> words;
        for (std::size_t at = 0; at < line.size();) {
            const std::size_t end = std::min(line.find(' ', at), line.size());
            if (end > at)
                words.push_back({std::string(line.substr(at, end - at)),
                                 {file_, line_number_, static_cast<std::uint32_t>(at + 1)}});
            at = end + 1;
        }
        REQUIRE(words.size() >= 2);
        attribute.name = words[0].text;
        attribute.location = words[0].location;
        attribute.op_location = words[1].location;
        attribute.op = words[1].text == "+="   ? config::AssignOp::add
                       : words[1].text == "-=" ? config::AssignOp::remove
                                               : config::AssignOp::set;
        attribute.words.assign(words.begin() + 2, words.end());
        return attribute;
    }

    config::SourceId file_{};
    std::uint32_t line_number_ = 1; // the header
};

} // namespace usherd::test

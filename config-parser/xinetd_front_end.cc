// SPDX-License-Identifier: BSD-2-Clause
//
// The grammar of xinetd.conf(5): entries, attribute lines, and how reading goes on after an error.

#include "config-parser/xinetd_front_end.h"

#include <algorithm>
#include <utility>

#include "config-parser/attribute_line.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/lexer.h"

namespace usherd::config {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

class Parser {
public:
    Parser(std::string_view text, SourceId file, AfterDisable after_disable)
        : reader_(text), file_(file), reads_on_(after_disable == AfterDisable::read_on)
    {
    }

    RawDocument run() &&;

private:
    void read_top_level(const Line& line);
    void read_entry(RawSection section);
    void read_body(RawSection section);
    bool expect_brace(const RawSection& section);
    bool is_second_defaults(const RawSection& section);
    void unknown_keyword(const Word& keyword);
    void broken_line(RawSection section, AttributeLineError error);
    void incomplete(RawSection section);
    void end_broken(RawSection section, Diagnostic error);

    /// Reads up to a line that is only `}`. Services that begin on the way are lost.
    enum class Why : std::uint8_t { error, disabled };
    void skip_entry(Why why);
    void lose(const Word& name, Why why);
    void warn_of_nul();

    static Diagnostic make(Severity severity, SourceLocation where, std::size_t length,
                           std::string message);
    Diagnostic& report(Severity severity, SourceLocation where, std::size_t length,
                       std::string message);
    Diagnostic& report_lost(SourceLocation where, std::size_t length, std::string message);
    void note(SourceLocation where, std::size_t length, std::string message);
    [[nodiscard]] SourceLocation end_of_text() const { return {file_, reader_.line_number(), 1}; }

    LineReader reader_;
    SourceId file_;
    bool reads_on_; ///< after `disable = yes`
    RawDocument document_;
    std::optional<SourceLocation> first_defaults_;
};

Diagnostic Parser::make(Severity severity, SourceLocation where, std::size_t length,
                        std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.location = where;
    diagnostic.length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1));
    diagnostic.message = std::move(message);
    return diagnostic;
}

Diagnostic& Parser::report(Severity severity, SourceLocation where, std::size_t length,
                           std::string message)
{
    auto& item = document_.items.emplace_back(make(severity, where, length, std::move(message)));
    return std::get<Diagnostic>(item);
}

Diagnostic& Parser::report_lost(SourceLocation where, std::size_t length, std::string message)
{
    document_.clean = false;
    Diagnostic& diagnostic = report(Severity::error, where, length, std::move(message));
    diagnostic.effect = Effect::entry_lost;
    return diagnostic;
}

void Parser::end_broken(RawSection section, Diagnostic error)
{
    document_.clean = false;
    error.effect = Effect::entry_lost;
    error.service = section.name;
    if (section.kind == RawSection::Kind::defaults)
        error.effect = Effect::load_refused;
    section.grammar_error = std::move(error);
    document_.items.emplace_back(std::move(section));
}

void Parser::note(SourceLocation where, std::size_t length, std::string message)
{
    report(Severity::note, where, length, std::move(message));
}

RawDocument Parser::run() &&
{
    while (const auto line = reader_.next())
        read_top_level(*line);
    warn_of_nul();
    return std::move(document_);
}

void Parser::warn_of_nul()
{
    const LineReader::Nul& nul = reader_.nul();
    if (nul.lines == 0)
        return;
    std::string message = "a NUL byte ends the line; what follows it is ignored";
    if (nul.lines > 1)
        message += fmt::format(" (so are the ends of {} more lines)", nul.lines - 1);
    Diagnostic& diagnostic =
        report(Severity::warning, {file_, nul.line, nul.column}, 1, std::move(message));
    diagnostic.effect = Effect::line_ignored;
    diagnostic.unknown_to_xinetd = true;
}

void Parser::read_top_level(const Line& line)
{
    WordReader words(line, file_);
    const Word keyword = words.next().value(); // not blank: the reader skips such lines
    RawSection section;
    section.location = keyword.location;
    if (equal_ignoring_case(keyword.text, "defaults")) {
        section.kind = RawSection::Kind::defaults;
        return read_entry(std::move(section));
    }
    const bool is_service = equal_ignoring_case(keyword.text, "service");
    const bool is_file = equal_ignoring_case(keyword.text, "include");
    if (!is_service && !is_file && !equal_ignoring_case(keyword.text, "includedir"))
        return unknown_keyword(keyword);
    auto name = words.next();
    if (!name) {
        report_lost(keyword.location, keyword.text.size(),
                    fmt::format("'{}' without a name", keyword.text));
        return skip_entry(Why::error);
    }
    if (is_service) {
        section.name = std::move(name->text);
        return read_entry(std::move(section));
    }
    const auto kind = is_file ? RawInclude::Kind::file : RawInclude::Kind::directory;
    document_.items.emplace_back(RawInclude{kind, *std::move(name)});
}

void Parser::unknown_keyword(const Word& keyword)
{
    const std::string_view text = keyword.text;
    if (keyword.location.line == 1 && text.starts_with(byte_order_mark)) {
        report_lost(keyword.location, text.size(),
                    "the file begins with a UTF-8 byte order mark, which makes its first line an "
                    "unknown keyword")
            .suggestion = "save it without one";
    } else if (text == "}") {
        report_lost(keyword.location, 1, "'}' without an entry");
    } else {
        Diagnostic& diagnostic = report_lost(
            keyword.location, text.size(),
            fmt::format("expected service, defaults, include or includedir, found '{}'", text));
        diagnostic.suggestion = suggest_keyword(text);
    }
    skip_entry(Why::error);
}

void Parser::read_entry(RawSection section)
{
    if (!expect_brace(section) || is_second_defaults(section))
        return skip_entry(Why::error);
    if (section.kind == RawSection::Kind::defaults)
        first_defaults_ = section.location;
    read_body(std::move(section));
}

bool Parser::expect_brace(const RawSection& section)
{
    const auto line = reader_.next();
    if (line && is_only(*line, '{'))
        return true;
    const std::string entry = section.kind == RawSection::Kind::defaults
                                  ? "defaults"
                                  : fmt::format("service {}", section.name);
    SourceLocation where = end_of_text();
    std::size_t length = 1;
    if (line) {
        const Word found = WordReader(*line, file_).next().value();
        where = found.location;
        length = found.text.size();
    }
    Diagnostic& diagnostic =
        report_lost(where, length, fmt::format("expected '{{' alone on a line after '{}'", entry));
    diagnostic.service = section.name;
    note(section.location, 7, fmt::format("'{}' begins here and is lost", entry));
    if (section.kind == RawSection::Kind::service)
        document_.items.emplace_back(LostService{section.name, section.name, section.location});
    return false;
}

bool Parser::is_second_defaults(const RawSection& section)
{
    if (section.kind != RawSection::Kind::defaults || !first_defaults_)
        return false;
    report_lost({file_, reader_.line_number(), 1}, 1,
                "only one 'defaults' is read from a file; this one is ignored");
    note(*first_defaults_, 8, "the one that counts is here");
    return true;
}

void Parser::read_body(RawSection section)
{
    constexpr std::size_t usual_lines = 10;
    section.attributes.reserve(usual_lines);
    bool may_be_disabled = section.kind == RawSection::Kind::service && !reads_on_;
    while (const auto line = reader_.next()) {
        if (is_only(*line, '}')) {
            document_.items.emplace_back(std::move(section));
            return;
        }
        auto parsed = read_attribute_line(*line, file_);
        if (auto* error = std::get_if<AttributeLineError>(&parsed))
            return broken_line(std::move(section), std::move(*error));
        section.attributes.push_back(std::get<RawAttribute>(std::move(parsed)));
        const Disable disable =
            may_be_disabled ? disable_in(section.attributes.back()) : Disable::not_said;
        if (disable == Disable::yes_or_bad) {
            document_.items.emplace_back(std::move(section));
            return skip_entry(Why::disabled); // unread, so garbage in it does no harm
        }
        may_be_disabled = may_be_disabled && disable != Disable::no; // the first setting counts
    }
    incomplete(std::move(section));
}

void Parser::broken_line(RawSection section, AttributeLineError error)
{
    Diagnostic diagnostic =
        make(Severity::error, error.location, error.length, std::move(error.message));
    diagnostic.suggestion = std::move(error.suggestion);
    if (section.kind == RawSection::Kind::defaults) {
        diagnostic.suggestion += diagnostic.suggestion.empty() ? "" : "; ";
        diagnostic.suggestion += "what follows in 'defaults' is not in force";
    }
    end_broken(std::move(section), std::move(diagnostic));
    if (error.service_header)
        lose(*error.service_header, Why::error);
    skip_entry(Why::error);
}

void Parser::incomplete(RawSection section)
{
    const SourceLocation begin = section.location;
    const bool is_service = section.kind == RawSection::Kind::service;
    end_broken(std::move(section),
               make(Severity::error, end_of_text(), 1, "the file ends inside an entry"));
    note(begin, 7, is_service ? "it begins here and is lost" : "it begins here");
    if (is_service)
        skip_entry(Why::error);
}

void Parser::skip_entry(Why why)
{
    while (const auto line = reader_.next()) {
        if (is_only(*line, '}'))
            return;
        WordReader words(*line, file_);
        const Word first = words.next().value();
        const auto second = words.next();
        if (!second)
            continue;
        if (equal_ignoring_case(first.text, "service")) {
            lose(Word{second->text, first.location}, why);
        } else if (equal_ignoring_case(first.text, "id") && second->text == "=") {
            auto* lost = std::get_if<LostService>(&document_.items.back());
            const auto id = words.next();
            if (lost != nullptr && id)
                lost->id = id->text;
        }
    }
    report(Severity::warning, end_of_text(), 1, "'}' is missing at the end of the file");
}

void Parser::lose(const Word& name, Why why)
{
    Diagnostic& diagnostic = report(
        why == Why::error ? Severity::note : Severity::info, name.location, 7 /* service */,
        why == Why::error
            ? fmt::format("service {} is lost: reading resumes after the next '}}' only", name.text)
            : fmt::format("service {} lies in the unread rest of a disabled entry", name.text));
    diagnostic.service = name.text;
    document_.items.emplace_back(LostService{name.text, name.text, name.location});
}

} // namespace

RawDocument read_xinetd(std::string_view text, SourceId file, AfterDisable after_disable)
{
    return Parser(text, file, after_disable).run();
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// Sections as xinetd.conf(5) has them. It has no quotes: a word with a blank in it cannot be said.

#include <algorithm>

#include "config-parser/convert_document.h"
#include "config-parser/lexer.h"

namespace usherd::config {

namespace {

constexpr std::size_t name_width = 15;

bool is_word(std::string_view text)
{
    return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
        return is_separator(c) || c == '\n' || c == '\0';
    });
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.front() != '#' &&
           std::none_of(text.begin(), text.end(),
                        [](char c) { return is_space(c) || c == '=' || c == '\0'; });
}

std::string_view text_of(AssignOp op)
{
    return op == AssignOp::add ? "+=" : op == AssignOp::remove ? "-=" : "=";
}

class XinetdWriter {
public:
    explicit XinetdWriter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void write(const ConvertedSection& converted);
    void write(const ConvertedInclude& converted);
    void comments(const Comments& lines, std::string_view indent)
    {
        for (const std::string& line : lines)
            text_ += line.empty() ? "\n" : fmt::format("{}{}\n", indent, line);
    }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    bool can_say(const RawSection& section, const RawAttribute& attribute);

    Diagnostics& diagnostics_;
    std::string text_;
};

bool XinetdWriter::can_say(const RawSection& section, const RawAttribute& attribute)
{
    if (!is_name(attribute.name)) {
        not_translated(diagnostics_, section, attribute.location, attribute.name.size(),
                       fmt::format("'{}' cannot be the name of an attribute", attribute.name));
        return false;
    }
    for (const Word& word : attribute.words)
        if (!is_word(word.text)) {
            not_translated(diagnostics_, section, word.location, word.text.size(),
                           fmt::format("{}: '{}' cannot be written: a word has no blanks in it and "
                                       "is not empty",
                                       attribute.name, word.text));
            return false;
        }
    return true;
}

void XinetdWriter::write(const ConvertedSection& converted)
{
    const RawSection& section = converted.section;
    std::vector<bool> said;
    for (const RawAttribute& attribute : section.attributes)
        said.push_back(can_say(section, attribute));
    const bool whole = std::find(said.begin(), said.end(), false) == said.end();
    const bool is_service = section.kind == RawSection::Kind::service;
    comments(converted.before, "");
    text_ += is_service ? fmt::format("service {}\n{{\n", section.name) : "defaults\n{\n";
    if (!whole && is_service)
        text_ += "\t# Something of this service could not be translated.\n"
                 "\tdisable         = yes\n";
    for (std::size_t i = 0; i < section.attributes.size(); ++i) {
        const RawAttribute& attribute = section.attributes[i];
        comments(converted.before_attribute[i], "\t");
        if (!said[i])
            continue;
        text_ += fmt::format("\t{:<{}} {}", attribute.name, name_width, text_of(attribute.op));
        for (const Word& word : attribute.words)
            text_ += ' ' + word.text;
        text_ += '\n';
    }
    comments(converted.at_end, "\t");
    text_ += "}\n\n";
}

void XinetdWriter::write(const ConvertedInclude& converted)
{
    comments(converted.before, "");
    const bool is_file = converted.include.kind == RawInclude::Kind::file;
    text_ +=
        fmt::format("{} {}\n\n", is_file ? "include" : "includedir", converted.include.path.text);
}

} // namespace

std::string write_xinetd(const ConvertedDocument& document, Diagnostics& diagnostics)
{
    XinetdWriter writer(diagnostics);
    for (const auto& item : document.items)
        std::visit([&writer](const auto& one) { writer.write(one); }, item);
    writer.comments(document.at_end, "");
    std::string text = std::move(writer).take();
    if (text.ends_with("\n\n"))
        text.pop_back();
    return text;
}

} // namespace usherd::config

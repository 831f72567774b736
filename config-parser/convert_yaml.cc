// SPDX-License-Identifier: BSD-2-Clause
//
// Sections as usherd-yaml(5) has them. A key may stand once only, so attributes that are set
// several times are said in one go where that means the same.

#include <algorithm>
#include <array>
#include <utility>

#include "config-parser/attribute_table.h"
#include "config-parser/convert_document.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/yaml_text.h"

namespace usherd::config {

namespace {

bool is_plain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_/.+=@%:-").find(c) != std::string_view::npos;
}

/// What YAML takes for a word as it stands, in lists too, and for nothing else.
bool is_plain(std::string_view text)
{
    constexpr std::array<std::string_view, 4> nothing{"null", "Null", "NULL", "~"};
    return !text.empty() && std::all_of(text.begin(), text.end(), is_plain_byte) &&
           std::string_view("+=@%:-.").find(text.front()) == std::string_view::npos &&
           text.back() != ':' && std::find(nothing.begin(), nothing.end(), text) == nothing.end();
}

std::string quoted(std::string_view text)
{
    if (is_plain(text))
        return std::string(text);
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    }
    return result + '"';
}

/// Well-formed UTF-8, of which YAML is made (RFC 3629, 4).
bool is_utf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80)
            continue;
        const std::size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        if (byte < 0xc2 || byte > 0xf4 || i + more >= text.size())
            return false;
        const auto second = static_cast<unsigned char>(text[i + 1]);
        if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
            (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f))
            return false;
        for (std::size_t k = 1; k <= more; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U)
                return false;
        i += more;
    }
    return true;
}

const Row* row_of(const RawAttribute& attribute)
{
    const auto row = find_attribute(attribute.name);
    return row ? &attribute_table()[*row] : nullptr;
}

bool same_name(const RawAttribute& left, const RawAttribute& right)
{
    return equal_ignoring_case(left.name, right.name);
}

/// Attributes with each key once.
class Merger {
public:
    Merger(ConvertedSection& converted, Diagnostics& diagnostics)
        : converted_(converted), diagnostics_(diagnostics)
    {
    }

    /// @return false, having told, if something cannot be said.
    bool run();

private:
    /// What of the attribute at `later` is to be done, given that the one at `earlier` has its key.
    enum class Verdict : std::uint8_t { join, ignore, replace, impossible };
    [[nodiscard]] Verdict judge(std::size_t earlier, std::size_t later) const;
    void erase(std::size_t index);

    ConvertedSection& converted_;
    Diagnostics& diagnostics_;
};

Merger::Verdict Merger::judge(std::size_t earlier, std::size_t later) const
{
    const RawSection& section = converted_.section;
    const RawAttribute& attribute = section.attributes[later];
    const Row* const row = row_of(attribute);
    const bool is_list = row != nullptr && row->repeat == Repeat::is_a_list;
    const bool in_service = section.kind == RawSection::Kind::service;
    const bool replaces = row != nullptr && (row->operators == Operators::all ||
                                             row->operators == Operators::set_and_add);
    if (!is_list || (in_service && !replaces))
        return Verdict::ignore; // the first value counts
    if (!replaces)
        return Verdict::impossible; // log_type in defaults
    if (attribute.op == AssignOp::set && in_service)
        return Verdict::replace;
    for (std::size_t i = earlier + 1; i < later; ++i)
        if (same_name(section.attributes[i], attribute))
            return Verdict::impossible; // the order would be another
    return Verdict::join;
}

void Merger::erase(std::size_t index)
{
    auto& attributes = converted_.section.attributes;
    auto& comments = converted_.before_attribute;
    const auto offset = static_cast<std::ptrdiff_t>(index);
    // Its comments go to what follows.
    Comments orphans = std::move(comments[index]);
    Comments& heir = index + 1 < comments.size() ? comments[index + 1] : converted_.at_end;
    heir.insert(heir.begin(), orphans.begin(), orphans.end());
    attributes.erase(attributes.begin() + offset);
    comments.erase(comments.begin() + offset);
}

bool Merger::run()
{
    auto& attributes = converted_.section.attributes;
    bool whole = true;
    for (std::size_t later = 0; later < attributes.size(); ++later) {
        const auto has_its_key = [&](const RawAttribute& earlier) {
            return earlier.op == attributes[later].op && same_name(earlier, attributes[later]);
        };
        const auto place = attributes.begin() + static_cast<std::ptrdiff_t>(later);
        const auto found = std::find_if(attributes.begin(), place, has_its_key);
        if (found == place)
            continue;
        const auto earlier = static_cast<std::size_t>(found - attributes.begin());
        const Verdict verdict = judge(earlier, later);
        if (verdict == Verdict::impossible) {
            not_translated(
                diagnostics_, converted_.section, place->location, place->name.size(),
                fmt::format("{}: set more than once, which YAML cannot say here", place->name));
            whole = false;
        } else if (verdict == Verdict::join) {
            found->words.insert(found->words.end(), place->words.begin(), place->words.end());
        } else if (verdict == Verdict::replace) {
            // All that was said before is void.
            for (std::size_t i = later; i-- > 0;)
                if (same_name(attributes[i], attributes[later])) {
                    erase(i);
                    --later;
                }
            continue;
        }
        erase(later--);
    }
    return whole;
}

class YamlWriter {
public:
    explicit YamlWriter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void write(ConvertedDocument document);
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void write_section(ConvertedSection converted, std::string_view indent);
    void write_attributes(const ConvertedSection& converted, const std::vector<bool>& said,
                          std::string_view indent);
    bool can_say(const RawSection& section, const RawAttribute& attribute);
    void comments(const Comments& lines, std::string_view indent)
    {
        for (const std::string& line : lines)
            text_ += line.empty() ? "\n" : fmt::format("{}{}\n", indent, line);
    }
    void refuse(const ConvertedInclude& converted);

    Diagnostics& diagnostics_;
    std::string text_;
    bool seen_services_ = false; ///< in this document
};

bool YamlWriter::can_say(const RawSection& section, const RawAttribute& attribute)
{
    const auto tell = [&](SourceLocation where, std::size_t length) {
        not_translated(
            diagnostics_, section, where, length,
            fmt::format("{}: what is not UTF-8 cannot be written in YAML", attribute.name));
        return false;
    };
    if (!is_utf8(attribute.name))
        return tell(attribute.location, attribute.name.size());
    for (const Word& word : attribute.words)
        if (!is_utf8(word.text))
            return tell(word.location, word.text.size());
    return true;
}

std::string value_of(const RawAttribute& attribute)
{
    const Row* const row = row_of(attribute);
    const bool takes_one = row == nullptr || row->word_count == 1;
    if (takes_one && attribute.words.size() == 1)
        return quoted(attribute.words.front().text);
    std::string list;
    for (const Word& word : attribute.words)
        list += (list.empty() ? "" : ", ") + quoted(word.text);
    return '[' + list + ']';
}

void YamlWriter::write_attributes(const ConvertedSection& converted, const std::vector<bool>& said,
                                  std::string_view indent)
{
    for (std::size_t i = 0; i < converted.section.attributes.size(); ++i) {
        const RawAttribute& attribute = converted.section.attributes[i];
        comments(converted.before_attribute[i], indent);
        if (!said[i])
            continue;
        const std::string_view op = attribute.op == AssignOp::add      ? " +="
                                    : attribute.op == AssignOp::remove ? " -="
                                                                       : "";
        text_ += fmt::format("{}{}: {}\n", indent, quoted(attribute.name + std::string(op)),
                             value_of(attribute));
    }
    comments(converted.at_end, indent);
}

void YamlWriter::write_section(ConvertedSection converted, std::string_view indent)
{
    bool whole = Merger(converted, diagnostics_).run();
    const RawSection& section = converted.section;
    std::vector<bool> said;
    for (const RawAttribute& attribute : section.attributes) {
        said.push_back(can_say(section, attribute));
        whole = whole && said.back();
    }
    const bool is_service = section.kind == RawSection::Kind::service;
    const std::string deeper = std::string(indent.size(), ' ') + (indent.empty() ? "" : "  ");
    comments(converted.before, indent);
    if (!is_service)
        text_ += "defaults:\n";
    else
        text_ += fmt::format("{}{}service: {}\n", indent, indent.empty() ? "" : "- ",
                             quoted(section.name));
    const std::string_view inner = is_service ? std::string_view(deeper) : "  ";
    if (!whole && is_service)
        text_ += fmt::format("{0}# Something of this service could not be translated.\n"
                             "{0}disable: yes\n",
                             inner);
    write_attributes(converted, said, inner);
}

void YamlWriter::refuse(const ConvertedInclude& converted)
{
    const RawInclude& include = converted.include;
    const bool is_file = include.kind == RawInclude::Kind::file;
    comments(converted.before, "");
    not_translated(
        diagnostics_, {}, include.path.location, include.path.text.size(),
        fmt::format("{} '{}': YAML has no such thing; keep it in a file in xinetd syntax",
                    is_file ? "include" : "includedir", include.path.text));
}

void YamlWriter::write(ConvertedDocument document)
{
    const bool alone = document.items.size() == 1 &&
                       std::holds_alternative<ConvertedSection>(document.items.front()) &&
                       std::get<ConvertedSection>(document.items.front()).section.kind ==
                           RawSection::Kind::service;
    for (auto& item : document.items) {
        auto* converted = std::get_if<ConvertedSection>(&item);
        if (converted == nullptr) {
            refuse(std::get<ConvertedInclude>(item));
            continue;
        }
        const bool is_service = converted->section.kind == RawSection::Kind::service;
        if (!text_.empty() && text_.find_first_not_of('\n') != std::string::npos)
            text_ += '\n';
        if (!is_service && std::exchange(seen_services_, false))
            text_ += "---\n"; // the order of the file
        if (is_service && !alone && !std::exchange(seen_services_, true))
            text_ += "services:\n";
        write_section(std::move(*converted), is_service && !alone ? "  " : "");
    }
    comments(document.at_end, "");
}

} // namespace

std::string write_yaml(ConvertedDocument document, Diagnostics& diagnostics)
{
    YamlWriter writer(diagnostics);
    writer.write(std::move(document));
    return std::move(writer).take();
}

} // namespace usherd::config

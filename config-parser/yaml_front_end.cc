// SPDX-License-Identifier: BSD-2-Clause
//
// YAML trees to sections. What YAML can say and a service file cannot (maps as values, control
// characters in words) is an error at its place.

#include "config-parser/yaml_front_end.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "config-parser/attribute_table.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/lexer.h"
#include "config-parser/yaml_text.h"

namespace usherd::config {

namespace {

SourceLocation locate(SourceId file, const YAML::Mark& mark, SourceLocation otherwise)
{
    if (mark.is_null())
        return otherwise;
    return {file, static_cast<std::uint32_t>(mark.line + 1),
            static_cast<std::uint32_t>(mark.column + 1)};
}

Diagnostic make(Severity severity, SourceLocation where, std::size_t length, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.location = where;
    diagnostic.length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1));
    diagnostic.message = std::move(message);
    return diagnostic;
}

std::string_view kind_of(const YAML::Node& node)
{
    return node.IsMap() ? "a mapping" : node.IsSequence() ? "a list" : "a scalar";
}

/// `only_from +=` as a key: the operator, taken off the name.
AssignOp take_operator(std::string& name)
{
    AssignOp op = AssignOp::set;
    if (name.ends_with("+="))
        op = AssignOp::add;
    else if (name.ends_with("-="))
        op = AssignOp::remove;
    else
        return op;
    name.resize(name.size() - 2);
    while (!name.empty() && is_separator(name.back()))
        name.pop_back();
    return op;
}

bool takes_several_words(std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    return row && attribute_table()[*row].word_count != 1;
}

class Reader {
public:
    explicit Reader(SourceId file) : file_(file) {}

    void read_file(const YAML::Node& root);
    void error(SourceLocation where, std::size_t length, std::string message);
    RawDocument take() && { return std::move(document_); }

private:
    void read_services(const YAML::Node& list, SourceLocation key);
    void read_service(const YAML::Node& map, SourceLocation where);
    void read_defaults(const YAML::Node& map, SourceLocation where);
    void read_attributes(const YAML::Node& map, RawSection& section);
    void read_attribute(const YAML::Node& key, const YAML::Node& value, RawSection& section);
    bool add_words(const YAML::Node& value, RawAttribute& attribute, RawSection& section);
    bool add_word(std::string text, SourceLocation where, RawAttribute& attribute,
                  RawSection& section);
    bool is_repeated(const RawAttribute& attribute);

    void error(RawSection& section, SourceLocation where, std::size_t length, std::string message);
    void end(RawSection section);
    [[nodiscard]] SourceLocation at(const YAML::Node& node, SourceLocation otherwise = {}) const
    {
        return locate(file_, node.Mark(), otherwise);
    }

    SourceId file_;
    RawDocument document_;
    std::set<std::string> names_;   ///< of the attributes of the section, with their operators
    std::vector<Diagnostic> later_; ///< about the section, to stand after it
    std::size_t words_ = 0;
    bool has_defaults_ = false;
};

void Reader::error(SourceLocation where, std::size_t length, std::string message)
{
    document_.clean = false;
    Diagnostic diagnostic = make(Severity::error, where, length, std::move(message));
    diagnostic.effect = Effect::entry_lost;
    document_.items.emplace_back(std::move(diagnostic));
}

/// The first error of a section stays with it; the others, and the warnings, follow it.
void Reader::error(RawSection& section, SourceLocation where, std::size_t length,
                   std::string message)
{
    document_.clean = false;
    Diagnostic diagnostic = make(Severity::error, where, length, std::move(message));
    diagnostic.effect =
        section.kind == RawSection::Kind::defaults ? Effect::load_refused : Effect::entry_lost;
    diagnostic.service = section.name;
    if (section.grammar_error)
        later_.push_back(std::move(diagnostic));
    else
        section.grammar_error = std::move(diagnostic);
}

void Reader::end(RawSection section)
{
    document_.items.emplace_back(std::move(section));
    for (Diagnostic& diagnostic : std::exchange(later_, {}))
        document_.items.emplace_back(std::move(diagnostic));
}

void Reader::read_file(const YAML::Node& root)
{
    if (root.IsNull())
        return; // an empty file
    if (!root.IsMap())
        return error(at(root, {file_, 1, 1}), 1,
                     fmt::format("expected a mapping with 'service', 'services' or 'defaults', "
                                 "found {}",
                                 kind_of(root)));
    if (root["service"])
        return read_service(root, at(root));
    for (const auto& entry : root) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
        const SourceLocation where = at(entry.first, at(root));
        if (key == "services") {
            read_services(entry.second, where);
        } else if (key == "defaults") {
            read_defaults(entry.second, where);
        } else {
            error(where, key.size(),
                  fmt::format("expected 'service', 'services' or 'defaults', found '{}'", key));
            constexpr std::array known{Keyword{"service"}, Keyword{"services"},
                                       Keyword{"defaults"}};
            suggest(std::get<Diagnostic>(document_.items.back()), closest_keyword(known, key));
        }
    }
}

void Reader::read_services(const YAML::Node& list, SourceLocation key)
{
    if (!list.IsSequence())
        return error(at(list, key), 1,
                     fmt::format("services: expected a list, found {}", kind_of(list)));
    for (const auto& item : list) {
        const SourceLocation where = at(item, key);
        if (!item.IsMap())
            error(where, 1,
                  fmt::format("services: expected a mapping with 'service' and its attributes, "
                              "found {}",
                              kind_of(item)));
        else if (!item["service"])
            error(where, 1, "services: an entry without 'service', which names it");
        else
            read_service(item, where);
    }
}

void Reader::read_service(const YAML::Node& map, SourceLocation where)
{
    const YAML::Node name = map["service"];
    RawSection section;
    section.location = at(name, where);
    if (!name.IsScalar() || name.Scalar().empty() || !is_fit_for_word(name.Scalar()) ||
        std::any_of(name.Scalar().begin(), name.Scalar().end(), is_separator))
        return error(section.location, 1, "service: expected the name of the service, one word");
    section.name = name.Scalar();
    read_attributes(map, section);
    end(std::move(section));
}

void Reader::read_defaults(const YAML::Node& map, SourceLocation where)
{
    RawSection section;
    section.kind = RawSection::Kind::defaults;
    section.location = where;
    if (std::exchange(has_defaults_, true))
        return error(where, 8, "only one 'defaults' is read from a file; this one is ignored");
    if (map.IsMap())
        read_attributes(map, section);
    else if (!map.IsNull())
        error(section, at(map, where), 1,
              fmt::format("defaults: expected a mapping, found {}", kind_of(map)));
    end(std::move(section));
}

void Reader::read_attributes(const YAML::Node& map, RawSection& section)
{
    names_.clear();
    bool named = section.kind == RawSection::Kind::defaults;
    for (const auto& entry : map) {
        const YAML::Node& key = entry.first;
        if (!key.IsScalar() || key.Scalar().empty())
            error(section, at(key, section.location), 1,
                  fmt::format("expected the name of an attribute, found {}", kind_of(key)));
        else if (named || key.Scalar() != "service")
            read_attribute(key, entry.second, section);
        else
            named = true;
    }
}

void Reader::read_attribute(const YAML::Node& key, const YAML::Node& value, RawSection& section)
{
    RawAttribute attribute;
    attribute.name = key.Scalar();
    attribute.location = at(key, section.location);
    attribute.op_location = attribute.location;
    attribute.op = take_operator(attribute.name);
    if (attribute.op != AssignOp::set)
        attribute.op_location.column += static_cast<std::uint32_t>(key.Scalar().size() - 2);
    if (!is_repeated(attribute) && add_words(value, attribute, section))
        section.attributes.push_back(std::move(attribute));
}

/// Twice the same key is no YAML; the first one counts, as everywhere in xinetd's files.
bool Reader::is_repeated(const RawAttribute& attribute)
{
    std::string name = attribute.name;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    name += std::to_string(static_cast<int>(attribute.op));
    if (names_.insert(std::move(name)).second)
        return false;
    Diagnostic diagnostic =
        make(Severity::warning, attribute.location, attribute.name.size(),
             fmt::format("{}: the key is there already, the first one counts", attribute.name));
    diagnostic.effect = Effect::line_ignored;
    diagnostic.attribute = attribute.name;
    later_.push_back(std::move(diagnostic));
    return true;
}

bool Reader::add_words(const YAML::Node& value, RawAttribute& attribute, RawSection& section)
{
    const SourceLocation where = at(value, attribute.location);
    if (value.IsNull())
        return true;
    if (value.IsScalar()) {
        if (!takes_several_words(attribute.name))
            return add_word(value.Scalar(), where, attribute, section);
        for (std::string& word : split_words(value.Scalar()))
            if (!add_word(std::move(word), where, attribute, section))
                return false;
        return true;
    }
    if (value.IsMap()) {
        error(
            section, where, 1,
            fmt::format("{}: expected a word or a list of words, found a mapping", attribute.name));
        return false;
    }
    for (const auto& item : value) {
        if (!item.IsScalar()) {
            error(section, at(item, where), 1,
                  fmt::format("{}: expected a list of words, found {} in it", attribute.name,
                              item.IsNull() ? "nothing" : kind_of(item)));
            return false;
        }
        if (!add_word(item.Scalar(), at(item, where), attribute, section))
            return false;
    }
    return true;
}

bool Reader::add_word(std::string text, SourceLocation where, RawAttribute& attribute,
                      RawSection& section)
{
    if (!is_fit_for_word(text)) {
        error(section, where, 1,
              fmt::format("{}: a NUL or line feed cannot be part of a word", attribute.name));
        return false;
    }
    if (++words_ > max_yaml_words) {
        if (words_ == max_yaml_words + 1)
            error(section, where, 1, fmt::format("more than {} words", max_yaml_words));
        else
            error(section, section.location, 1, "no words are left for this entry");
        return false;
    }
    attribute.words.push_back({std::move(text), where});
    return true;
}

/// Adds those of `candidates` that did not come to be sections.
void add_lost_services(RawDocument& document, std::vector<LostService> candidates)
{
    std::set<std::string> read;
    for (const auto& item : document.items)
        if (const auto* section = std::get_if<RawSection>(&item))
            read.insert(section->name);
    for (LostService& candidate : candidates)
        if (!read.contains(candidate.name))
            document.items.emplace_back(std::move(candidate));
}

/// Looks for documents that begin where the one before began: at a token that can start nothing (a
/// comma), yaml-cpp 0.7 finds one empty document after the other, for ever.
class ProgressCheck final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override
    {
        if (mark.pos == last_start_)
            throw YAML::ParserException(mark, "nothing can start here");
        last_start_ = mark.pos;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override
    {
    }
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override
    {
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override
    {
    }
    void OnMapEnd() override {}

private:
    int last_start_ = -1;
};

/// Throws where YAML::LoadAll would not come to an end.
void check_progress(const std::string& text)
{
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    ProgressCheck check;
    while (parser.HandleNextDocument(check)) {
    }
}

void read_documents(const std::string& text, Reader& reader)
{
    check_progress(text);
    for (const YAML::Node& root : YAML::LoadAll(text))
        reader.read_file(root);
}

} // namespace

RawDocument read_yaml(std::string_view text, SourceId file)
{
    Reader reader(file);
    try {
        if (text.size() > max_yaml_bytes)
            reader.error({file, 1, 1}, 1,
                         fmt::format("a YAML file may not be larger than {} MiB: it is left out",
                                     max_yaml_bytes >> 20U));
        else
            read_documents(std::string(text), reader);
    } catch (const YAML::DeepRecursion& exception) {
        reader.error(locate(file, exception.mark, {file, 1, 1}), 1, "this nests too deeply");
    } catch (const YAML::Exception& exception) {
        reader.error(locate(file, exception.mark, {file, 1, 1}), 1,
                     fmt::format("this is not YAML: {}", exception.msg));
    }
    RawDocument document = std::move(reader).take();
    if (!document.clean)
        add_lost_services(document, find_yaml_services(text, file));
    return document;
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// Hostile YAML, and places of words. What YAML means is in the golden cases.

#include "config-parser/yaml_front_end.h"
#include "config-parser/yaml_text.h"
#include "tests/support/catch.h"

namespace usherd::config {
namespace {

std::vector<Diagnostic> errors(const RawDocument& document)
{
    std::vector<Diagnostic> list;
    for (const auto& item : document.items) {
        if (const auto* diagnostic = std::get_if<Diagnostic>(&item))
            list.push_back(*diagnostic);
        const auto* section = std::get_if<RawSection>(&item);
        if (section != nullptr && section->grammar_error)
            list.push_back(*section->grammar_error);
    }
    return list;
}

TEST_CASE("attributes and words of YAML have their places")
{
    const RawDocument document =
        read_yaml("service: a\ncps: [50,\n  10]\nenv: A=1 B=2\n", SourceId{3});
    REQUIRE(document.items.size() == 1);
    const auto& section = std::get<RawSection>(document.items[0]);
    CHECK(section.location == SourceLocation{SourceId{3}, 1, 10});
    REQUIRE(section.attributes.size() == 2);
    CHECK(section.attributes[0].location == SourceLocation{SourceId{3}, 2, 1});
    CHECK(section.attributes[0].words.at(0).location == SourceLocation{SourceId{3}, 2, 7});
    CHECK(section.attributes[0].words.at(1).location == SourceLocation{SourceId{3}, 3, 3});
    CHECK(section.attributes[1].words.at(1).text == "B=2");
}

TEST_CASE("nesting without end is an error, not a crash")
{
    const auto text =
        GENERATE(as<std::string>(), std::string(200'000, '['), std::string(200'000, '{'),
                 std::string(200'000, '-'), "service: a\nenv: " + std::string(100'000, '['),
                 "? " + std::string(100'000, '?'));
    const RawDocument document = read_yaml(text, SourceId{});
    CHECK_FALSE(document.clean);
    for (const Diagnostic& diagnostic : errors(document))
        CHECK(diagnostic.location.line > 0);
}

TEST_CASE("deep but finished nesting is an error with a place")
{
    std::string text = "service: a\nenv: ";
    for (int i = 0; i < 10'000; ++i)
        text += '[';
    for (int i = 0; i < 10'000; ++i)
        text += ']';
    const RawDocument document = read_yaml(text, SourceId{});
    REQUIRE(errors(document).size() == 1);
    CHECK(errors(document)[0].location.line == 2);
}

TEST_CASE("aliases that multiply are counted")
{
    std::string text = "services:\n- service: s0\n  server_args: &a [";
    for (int i = 0; i < 20'000; ++i)
        text += "x,";
    text += "x]\n";
    for (int i = 1; i < 1000; ++i)
        text += fmt::format("- service: s{}\n  server_args: *a\n", i);
    const RawDocument document = read_yaml(text, SourceId{});

    CHECK_FALSE(document.clean);
    std::size_t words = 0;
    std::size_t sections = 0;
    for (const auto& item : document.items) {
        if (const auto* section = std::get_if<RawSection>(&item)) {
            ++sections;
            for (const RawAttribute& attribute : section->attributes)
                words += attribute.words.size();
        }
    }
    CHECK(words <= max_yaml_words);
    CHECK(sections == 1000); // each is there, the later ones as broken
}

TEST_CASE("an alias bomb is an error")
{
    std::string text = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char name = 'b'; name < 'z'; ++name) {
        const char before = static_cast<char>(name - 1);
        text += fmt::format("{}: &{} [", name, name);
        for (int i = 0; i < 9; ++i)
            text += fmt::format("*{},", before);
        text += "]\n";
    }
    const RawDocument document = read_yaml("service: bomb\nenv: *y\n" + text, SourceId{});
    CHECK_FALSE(document.clean);
    const RawDocument later = read_yaml(text + "service: bomb\nenv: *y\n", SourceId{});
    CHECK_FALSE(later.clean);
}

TEST_CASE("an alias that contains itself is an error")
{
    const auto text =
        GENERATE(as<std::string>(), "service: a\nenv: &x [*x]\n", "&x [*x]\n",
                 "services: &x [*x]\n", "&x {service: a, env: *x}\n", "&x {services: [*x]}\n");
    CHECK_FALSE(read_yaml(text, SourceId{}).clean);
}

TEST_CASE("a YAML file beyond the limit is refused before it is parsed")
{
    const std::string text = "service: a\nid: bee\n# " + std::string(max_yaml_bytes, 'x');
    const RawDocument document = read_yaml(text, SourceId{});
    REQUIRE(document.items.size() == 2);
    CHECK(std::get<LostService>(document.items[1]).id == "bee");
}

TEST_CASE("services of a broken file are recognised by their lines")
{
    const auto lost = find_yaml_services("services:\n"
                                         "  - service: a # one\n"
                                         "    id: 'the a'\n"
                                         "  - id: early\n"
                                         "    service: \"b\"\n"
                                         "service:\n"
                                         "services: [x\n",
                                         SourceId{});
    REQUIRE(lost.size() == 2);
    CHECK(lost[0].name == "a");
    CHECK(lost[1].name == "b");
    CHECK(lost[1].location.line == 5);
}

} // namespace
} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// The grammar of xinetd.conf(5) and its error recovery, as observed of xinetd 2.3.15.3.

#include "config-parser/xinetd_front_end.h"
#include "tests/support/catch.h"

namespace usherd::config {
namespace {

/// The document in a few words: `service a: nice=3`, `lost b`, `error 3:1`, …
std::string outline(std::string_view text)
{
    std::string result;
    for (const auto& item : read_xinetd(text, SourceId{}).items) {
        if (const auto* section = std::get_if<RawSection>(&item)) {
            result += section->kind == RawSection::Kind::defaults ? "defaults"
                                                                  : "service " + section->name;
            result += section->grammar_error ? "(broken):" : ":";
            for (const RawAttribute& attribute : section->attributes) {
                constexpr std::string_view operators[] = {"=", "+=", "-="};
                result += ' ' + attribute.name;
                result += operators[static_cast<std::size_t>(attribute.op)];
                for (const Word& word : attribute.words)
                    result += '<' + word.text + '>';
            }
            if (const auto& error = section->grammar_error)
                result +=
                    fmt::format("\nerror {}:{}", error->location.line, error->location.column);
        } else if (const auto* include = std::get_if<RawInclude>(&item)) {
            result += include->kind == RawInclude::Kind::file ? "include " : "includedir ";
            result += include->path.text;
        } else if (const auto* lost = std::get_if<LostService>(&item)) {
            result += "lost " + lost->name + (lost->id == lost->name ? "" : " as " + lost->id);
        } else {
            const auto& diagnostic = std::get<Diagnostic>(item);
            if (diagnostic.severity == Severity::note)
                continue;
            result += fmt::format("{} {}:{}", name(diagnostic.severity), diagnostic.location.line,
                                  diagnostic.location.column);
        }
        result += '\n';
    }
    return result;
}

TEST_CASE("entries, attributes, operators and words are read with any white space")
{
    CHECK(outline("service a\n{\n\tnice = 3\n id\t=\tx y\n}\n") ==
          "service a: nice=<3> id=<x><y>\n");
    CHECK(outline("SERVICE a extra words\n\n# c\n \v{\v\n \v nice\v=3\n \v}\f\r\n") ==
          "service a: nice=<3>\n");
    CHECK(outline("defaults x\n{\nonly_from +=1.2.3.4\nno_access -= \n}") ==
          "defaults: only_from+=<1.2.3.4> no_access-=\n");
    CHECK(outline("include /a b\nIncludeDir d") == "include /a\nincludedir d\n");
}

TEST_CASE("a hash begins a comment at the start of a line only")
{
    CHECK(outline("  # x\nservice a\n{\n#no\n server_args = hi # there\n}\n") ==
          "service a: server_args=<hi><#><there>\n");
}

TEST_CASE("quotes, backslashes and carriage returns are ordinary characters")
{
    CHECK(outline("service a\r\n{\r\n\tenv = \"A=1 2\" \\\r\n}\r\n") ==
          "service a\r: env=<\"A=1><2\"><\\\r>\n");
    CHECK(outline("defaults\r\n{\n}\nservice b\n{\n}\n") == "error 1:1\nservice b:\n");
}

TEST_CASE("words have their line and column")
{
    const RawDocument document = read_xinetd("\nservice a\n{\n\tcps =  50 10\n}\n", SourceId{7});
    const auto& section = std::get<RawSection>(document.items.at(0));
    const RawAttribute& cps = section.attributes.at(0);
    CHECK(section.location == SourceLocation{SourceId{7}, 2, 1});
    CHECK(cps.location == SourceLocation{SourceId{7}, 4, 2});
    CHECK(cps.op_location == SourceLocation{SourceId{7}, 4, 6});
    CHECK(cps.words.at(0).location == SourceLocation{SourceId{7}, 4, 9});
    CHECK(cps.words.at(1).location == SourceLocation{SourceId{7}, 4, 12});
    CHECK(document.clean);
}

TEST_CASE("a syntax error loses the service and nothing after its closing brace")
{
    const auto line = GENERATE(as<std::string>(), "nice= 3", "nice 3", "nice + 3", "nice *= 3",
                               "nice", "nice  ", "= 3", "include /x", "{", "x=y = 3");
    CAPTURE(line);
    const std::string text = "service a\n{\nid = q\n" + line + "\nfoo\n}\nservice b\n{\n}\n";
    const std::string found = outline(text);
    CHECK_THAT(found, Catch::StartsWith("service a(broken): id=<q>\nerror 4:"));
    CHECK_THAT(found, Catch::EndsWith("\nservice b:\n"));
    CHECK_FALSE(read_xinetd(text, SourceId{}).clean);
}

TEST_CASE("an unknown keyword loses the next entry")
{
    CHECK(outline("junk\nservice b\n{\nid = x\n}\nservice c\n{\n}\n") ==
          "error 1:1\nlost b as x\nservice c:\n");
    CHECK(outline("\vservice a\n{\n}\nservice c\n{\n}\n") == "error 1:1\nservice c:\n");
}

TEST_CASE("a header without a brace loses its entry only")
{
    CHECK(outline("service a {\nid = x\n}\nservice b\n{\n}\n") ==
          "error 2:1\nlost a\nservice b:\n");
    CHECK(outline("service a\n{ {\nid = x\n}\nservice b\n{\n}\n") ==
          "error 2:1\nlost a as x\nservice b:\n");
    CHECK(outline("service g {\n{\n}\n") == "service g:\n");
    CHECK(outline("service a\n\n") == "error 2:1\nlost a\nwarning 2:1\n");
}

TEST_CASE("a keyword without a name loses the next entry")
{
    CHECK(outline("service\n{\n}\nservice b\n{\n}\n") == "error 1:1\nservice b:\n");
    CHECK(outline("include\nservice b\n{\n}\n") == "error 1:1\nlost b\n");
}

TEST_CASE("a comment after a closing brace loses the entry and the one after it")
{
    CHECK(outline("service a\n{\n} # end\nservice b\n{\n}\nservice c\n{\n}\n") ==
          "service a(broken):\nerror 3:3\nlost b\nservice c:\n");
}

TEST_CASE("a missing closing brace loses the next service, too")
{
    CHECK(outline("service a\n{\nservice b\n{\n}\nservice c\n{\n}\n") ==
          "service a(broken):\nerror 3:9\nlost b\nservice c:\n");
}

TEST_CASE("an entry cut off by the end of the file is lost")
{
    CHECK(outline("service a\n{\nnice = 3\n#\n\n") ==
          "service a(broken): nice=<3>\nerror 5:1\nwarning 5:1\n");
    CHECK(outline("defaults\n{\nnice = 3") == "defaults(broken): nice=<3>\nerror 3:1\n");
}

TEST_CASE("an error in defaults does not swallow the next service")
{
    CHECK(outline("defaults\n{\ninstances = 1\nx= 3\n}\nservice a\n{\n}\n") ==
          "defaults(broken): instances=<1>\nerror 4:2\nservice a:\n");
}

TEST_CASE("a second defaults in a file is skipped")
{
    CHECK(outline("defaults\n{\n}\ndefaults\n{\nx = 3\n}\nservice a\n{\n}\n") ==
          "defaults:\nerror 5:1\nservice a:\n");
}

TEST_CASE("nothing is read of an entry after disable = yes")
{
    CHECK(outline("service a\n{\nDISABLE = Yes\ngarbage\n{\n}\nservice b\n{\n}\n") ==
          "service a: DISABLE=<Yes>\nservice b:\n");
    CHECK(outline("service a\n{\ndisable = no\ndisable = yes\nnice = 3\n}\n") ==
          "service a: disable=<no> disable=<yes> nice=<3>\n");
    CHECK(outline("service a\n{\ndisable += yes\ndisable = yes no\ndisable = yes\nx\n}\n") ==
          "service a: disable+=<yes> disable=<yes><no> disable=<yes>\n");
    CHECK(outline("service a\n{\ndisable = 1\ngarbage\n}\n") == "service a: disable=<1>\n");
    CHECK(outline("defaults\n{\ndisable = yes\ninstances = 1\n}\n") ==
          "defaults: disable=<yes> instances=<1>\n");
    CHECK(outline("service a\n{\ndisable = yes\nservice b\n{\n}\n") ==
          "service a: disable=<yes>\ninfo 4:1\nlost b\n");
}

TEST_CASE("a NUL byte ends its line and is reported once")
{
    using namespace std::string_literals;
    CHECK(outline("service a\n{\nnice = 3\0 4\n\0x\nid = b\0\n}\n"s) ==
          "service a: nice=<3> id=<b>\nwarning 3:9\n");
}

TEST_CASE("a byte order mark makes the first line junk")
{
    CHECK(outline("\xef\xbb\xbf# comment\nservice a\n{\n}\nservice b\n{\n}\n") ==
          "error 1:1\nlost a\nservice b:\n");
}

TEST_CASE("suggestions for what was probably meant")
{
    const auto suggestion = [](std::string_view text) {
        for (const auto& item : read_xinetd(text, SourceId{}).items)
            if (const auto* diagnostic = std::get_if<Diagnostic>(&item))
                return diagnostic->suggestion;
            else if (const auto* section = std::get_if<RawSection>(&item))
                return section->grammar_error.value_or(Diagnostic{}).suggestion;
        return std::string();
    };
    CHECK(suggestion("sevrice a\n{\n}\n") == "did you mean 'service'?");
    CHECK(suggestion("default\n{\n}\n") == "did you mean 'defaults'?");
    CHECK(suggestion("service: a\n") == "YAML is read from files named *.yaml or *.yml");
    CHECK(suggestion("service a\n{\nnice= 3\n}\n") == "write 'nice ='");
    CHECK(suggestion("service a\n{\nnice 3\n}\n") == "write 'nice = 3'");
    CHECK(suggestion("service a\n{\n} # x\n") ==
          "'}' must stand alone on its line, with nothing after it");
    CHECK(suggestion("service a\n{\nservice b\n{\n}\n") ==
          "is the '}' of the entry before it missing?");
}

TEST_CASE("ten megabytes on one line are one line")
{
    std::string text = "service a\n{\nserver_args =";
    while (text.size() < 10'000'000)
        text += " 123456789";
    text += "\n}\nservice b\n{\n}\n";
    const RawDocument document = read_xinetd(text, SourceId{});
    REQUIRE(document.items.size() == 2);
    CHECK(std::get<RawSection>(document.items[0]).attributes.at(0).words.size() > 900'000);
    CHECK(document.clean);
}

} // namespace
} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// What diagnostics look like, and what is kept of hostile input.

#include "config-parser/diagnostic.h"
#include "tests/support/catch.h"

namespace usherd::config {
namespace {

std::shared_ptr<const std::string> text(std::string content)
{
    return std::make_shared<const std::string>(std::move(content));
}

Diagnostic at(SourceLocation where, std::uint32_t length, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.location = where;
    diagnostic.length = length;
    diagnostic.message = std::move(message);
    return diagnostic;
}

TEST_CASE("a diagnostic is drawn with its line, the words underlined and the suggestion")
{
    Sources sources;
    const SourceId file =
        sources.add("services.d/ftp", text("service ftp\n{\n\tinstnces = many\n"));
    Diagnostics diagnostics(sources);
    diagnostics.add(at({file, 3, 2}, 8, "unknown attribute 'instnces'")).suggestion =
        "did you mean 'instances'?";

    CHECK(render(diagnostics.all().front()) ==
          "services.d/ftp:3:2: error: unknown attribute 'instnces'; did you mean 'instances'?\n"
          "    instnces = many\n"
          "    ^~~~~~~~\n");
}

TEST_CASE("the caret stands below the character, whatever TABs and UTF-8 come before it")
{
    Sources sources;
    const SourceId file = sources.add("f", text("\tid\t= \xc3\xa4\xc3\xb6 x"));
    Diagnostics diagnostics(sources);
    diagnostics.add(at({file, 1, 12}, 1, "m"));

    CHECK(render(diagnostics.all().front()) == "f:1:12: error: m\n"
                                               "    id = \xc3\xa4\xc3\xb6 x\n"
                                               "            ^\n");
}

TEST_CASE("control characters, escape sequences and broken UTF-8 never reach the terminal")
{
    Sources sources;
    const SourceId file = sources.add("a\x1b[2J", text("x\x1b[31m \xff \xc2\x9b y\r"));
    Diagnostics diagnostics(sources);
    diagnostics.add(at({file, 1, 1}, 1, "bad \x07-\n.")).severity = Severity::note;
    Diagnostic diagnostic = diagnostics.all().front();
    diagnostic.suggestion.clear();

    CHECK(render(diagnostic) == "a?[2J:1:1: note: bad ?-?.\n"
                                "    x?[31m ? ?? y?\n"
                                "    ^\n");
    CHECK(log_line(diagnostic) == "bad ?-?. [file=a?[2J] [line=1]");
}

TEST_CASE("a long line is cut around the caret")
{
    Sources sources;
    const SourceId file =
        sources.add("f", text(std::string(1'000'000, 'x') + "Y" + std::string(1'000'000, 'z')));
    Diagnostics diagnostics(sources);
    diagnostics.add(at({file, 1, 1'000'001}, 3, "m"));
    const Diagnostic& kept = diagnostics.all().front();

    CHECK(kept.source_line.size() == 512);
    const std::string drawn = render(kept);
    CHECK(drawn == "f:1:1000001: error: m\n    ..." + std::string(48, 'x') + "Y" +
                       std::string(47, 'z') + "...\n" + std::string(4 + 3 + 48, ' ') + "^~~\n");
}

TEST_CASE("a diagnostic about a file as a whole has no line and no caret")
{
    Sources sources;
    const SourceId file = sources.add("gone", nullptr);
    Diagnostics diagnostics(sources);
    diagnostics.error({file, 0, 0}, "cannot be read");

    CHECK(render(diagnostics.all().front()) == "gone: error: cannot be read\n");
    CHECK(log_line(diagnostics.all().front()) == "gone: cannot be read");
}

TEST_CASE("the log line of a check after reading shows its place in front")
{
    Sources sources;
    const SourceId file = sources.add("f", text("service a"));
    Diagnostics diagnostics(sources);
    diagnostics.error({file, 1, 1}, "while reading");
    diagnostics.set_after_reading(true);
    diagnostics.error({file, 1, 1}, "after it");

    CHECK(log_line(diagnostics.all()[0]) == "while reading [file=f] [line=1]");
    CHECK(log_line(diagnostics.all()[1]) == "f:1: after it");
}

TEST_CASE("a line that ends in CR LF is pointed out")
{
    Sources sources;
    const SourceId file = sources.add("f", text("nice = 3\r\n"));
    Diagnostics diagnostics(sources);
    diagnostics.error({file, 1, 8}, "not a number: '3\r'");

    CHECK_THAT(render(diagnostics.all().front()), Catch::Contains("LF line ends"));
}

TEST_CASE("errors beyond the limit are counted, not kept")
{
    Sources sources;
    const SourceId file = sources.add("f", text("x"));
    Diagnostics diagnostics(sources);
    for (std::size_t i = 0; i < Diagnostics::max_kept + 5; ++i)
        diagnostics.error({file, 1, 1}, "again");

    CHECK(diagnostics.all().size() == Diagnostics::max_kept);
    CHECK(diagnostics.not_kept() == 5);
    CHECK(diagnostics.errors() == Diagnostics::max_kept + 5);
}

TEST_CASE("any line of a long file is found")
{
    std::string content;
    for (int i = 1; i <= 300; ++i)
        content += fmt::format("line {}\n", i);
    Sources sources;
    const SourceId file = sources.add("f", text(content));

    CHECK(sources.line(file, 1) == "line 1");
    CHECK(sources.line(file, 64) == "line 64");
    CHECK(sources.line(file, 65) == "line 65");
    CHECK(sources.line(file, 300) == "line 300");
    CHECK(sources.line(file, 301).empty());
    CHECK(sources.line(file, 1000).empty());
    sources.drop_texts();
    CHECK(sources.line(file, 1).empty());
    CHECK(sources.path(file) == "f");
}

TEST_CASE("paths come back as they were given, from whatever directories")
{
    const std::vector<std::string> paths{"/etc/x.conf", "/etc/x.d/b", "/etc/x.d/a", "/b",
                                         "relative",    "sub/file",   "/etc/x.d/",  ""};
    Sources sources;
    for (const std::string& path : paths)
        (void)sources.add(path, nullptr);
    REQUIRE(sources.size() == paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i)
        CHECK(sources.path(static_cast<SourceId>(i)) == paths[i]);
    CHECK(sources.path(static_cast<SourceId>(paths.size())).empty());
}

TEST_CASE("sources are compared as their paths are")
{
    const std::vector<std::string> paths{"/etc/x.conf", "/etc/x.d/b", "/etc/x.d/a", "/etc/x",
                                         "/b",          "relative",   "/etc/x.d/",  ""};
    const auto sign = [](int order) { return (order > 0) - (order < 0); };
    Sources sources;
    for (const std::string& path : paths)
        (void)sources.add(path, nullptr);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto one = static_cast<SourceId>(i);
        for (std::size_t j = 0; j < paths.size(); ++j) {
            INFO(paths[i] << " and " << paths[j]);
            const int order = sign(paths[i].compare(paths[j]));
            CHECK(sign(sources.compare(one, paths[j])) == order);
            CHECK(sign(sources.compare(one, static_cast<SourceId>(j))) == order);
        }
    }
}

TEST_CASE("a file whose text is gone is read again for a diagnostic")
{
    Sources sources;
    const SourceId first = sources.add("f", text("one\ntwo\n"));
    const SourceId gone = sources.add("g", nullptr);
    sources.drop_text(first);
    int reads = 0;
    sources.set_reader([&reads](const std::string& path) {
        ++reads;
        return path == "f" ? text("one\ntwo\n") : nullptr;
    });

    CHECK(sources.line(first, 2) == "two");
    CHECK(sources.line(first, 1) == "one");
    CHECK(reads == 1);
    CHECK(sources.line(gone, 1).empty());
}

} // namespace
} // namespace usherd::config

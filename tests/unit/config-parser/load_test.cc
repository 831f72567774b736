// SPDX-License-Identifier: BSD-2-Clause
//
// What load() does beyond what golden cases can show: paths, passes, limits, hostile texts.

#include <algorithm>
#include <chrono>

#include "config-parser/attribute_table.h"
#include "config-parser/file_walk.h"
#include "config-parser/load.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::config {
namespace {

std::string service(const std::string& name, int port, const std::string& more = {})
{
    return fmt::format("service {}\n{{\ntype = UNLISTED\nsocket_type = stream\nwait = no\n"
                       "user = root\nserver = /bin/echo\nport = {}\n{}}}\n",
                       name, port, more);
}

struct Bench {
    test::MemoryFiles files;
    test::FixedNames names;
    LoadOptions options;

    LoadResult load(const std::string& path = "/etc/x.conf")
    {
        return config::load(files, names, path, options);
    }
};

std::vector<std::string> ids(const LoadResult& result)
{
    std::vector<std::string> list;
    for (const auto& spec : result.services)
        list.push_back(spec->id);
    return list;
}

std::size_t count(const LoadResult& result, Severity severity)
{
    const auto all = result.diagnostics->all();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [severity](const Diagnostic& diagnostic) {
            return diagnostic.severity == severity;
        }));
}

using Names = std::vector<std::string>;

TEST_CASE("relative paths are those of the directory the daemon was started in")
{
    Bench bench;
    bench.options.base_directory = "/start";
    bench.files.add("/start/x.conf", "include more\nincludedir d/\n");
    bench.files.add("/start/more", "include sub/again\n");
    bench.files.add("/start/sub/again", service("a", 1) + "junk\n");
    bench.files.add("/start/d/b", service("b", 2));

    const LoadResult result = bench.load("x.conf");

    CHECK(ids(result) == Names{"a", "b"});
    CHECK(bench.files.files_read() ==
          Names{"/start/x.conf", "/start/more", "/start/sub/again", "/start/d/b"});
    CHECK(result.diagnostics->all().front().path == "sub/again"); // as the operator wrote it
}

TEST_CASE("defaults that come late are told of once")
{
    Bench bench;
    bench.files.add("/etc/x.conf", service("a", 1, "foo = 1\n") +
                                       "defaults\n{\nonly_from = 192.0.2.1\nbar = 1\n}\n" +
                                       service("b", 2));
    const LoadResult result = bench.load();

    CHECK(count(result, Severity::warning) == 3); // foo, bar, and that only_from comes late
    REQUIRE(ids(result) == Names{"a", "b"});
    CHECK(result.services[0]->policy->only_from == result.services[1]->policy->only_from);
    CHECK(result.services[0]->policy->only_from->rules().size() == 1);
}

TEST_CASE("defaults that come late decide which services run")
{
    Bench bench;
    bench.files.add("/etc/x.conf", service("a", 1) + service("b", 2, "nice = x\n") +
                                       "defaults\n{\nenabled = a\n}\n");
    const LoadResult result = bench.load();

    CHECK(ids(result) == Names{"a"});
    CHECK(result.dropped.empty()); // b is not wanted, broken or not
}

TEST_CASE("a grammar error in a drop-in does not refuse the load")
{
    Bench bench;
    bench.files.add("/etc/x.conf", "includedir /etc/d\n");
    bench.files.add("/etc/d/a", service("a", 1, "nice\n"));
    bench.files.add("/etc/d/b", service("b", 2));
    const LoadResult result = bench.load();

    CHECK(result.refused_because.empty());
    CHECK(ids(result) == Names{"b"});
    REQUIRE(result.dropped.size() == 1);
    CHECK(result.dropped[0].id == "a");
    CHECK(result.dropped[0].why == "/etc/d/a:9: nothing after 'nice'");
}

TEST_CASE("an error in the defaults of a drop-in refuses the load")
{
    const auto line = GENERATE(as<std::string>(), "nice= 3", "instances = many");
    Bench bench;
    bench.files.add("/etc/x.conf", "include /etc/more\n" + service("a", 1));
    bench.files.add("/etc/more", "defaults\n{\n" + line + "\n}\n");
    const LoadResult result = bench.load();

    CHECK_THAT(result.refused_because, Catch::StartsWith("/etc/more:3: "));
    CHECK(result.defaults_fatal == (line == "instances = many"));
    CHECK(ids(result) == Names{"a"}); // a start goes on with what there is
}

TEST_CASE("a service says where each of its values came from")
{
    Bench bench;
    bench.files.add("/etc/x.conf", "defaults\n{\numask = 022\n}\n" + service("a", 1, "nice = 3\n"));
    const LoadResult result = bench.load();
    REQUIRE(result.services.size() == 1);

    const auto line_of = [&](std::string_view attribute) {
        const auto origin = result.services[0]->origin_of(find_attribute(attribute).value());
        return origin ? std::pair(origin->location.line, origin->inherited) : std::pair(0U, false);
    };
    CHECK(line_of("nice") == std::pair(13U, false));
    CHECK(line_of("umask") == std::pair(3U, true));
}

TEST_CASE("services that leave the list of defaults alone share it")
{
    std::string text = "defaults\n{\nonly_from =";
    for (int i = 0; i < 20'000; ++i)
        text += fmt::format(" 10.{}.{}.1", i / 250, i % 250 + 1);
    text += "\n}\n";
    for (int i = 0; i < 1000; ++i)
        text += service(fmt::format("s{}", i), 1000 + i);
    Bench bench;
    bench.files.add("/etc/x.conf", text);
    const LoadResult result = bench.load();

    REQUIRE(result.services.size() == 1000);
    CHECK(result.services[0]->policy->only_from->rules().data() ==
          result.services[999]->policy->only_from->rules().data());
}

TEST_CASE("files that include each other over and over are bounded")
{
    Bench bench;
    bench.files.add("/etc/x.conf", "includedir /etc/d\n");
    for (int level = 0; level < 15; ++level) {
        std::string text;
        for (int i = 0; i < 100; ++i)
            text += fmt::format("include /etc/level{}\n", level + 1);
        bench.files.add(level == 0 ? "/etc/d/level0" : fmt::format("/etc/level{}", level), text);
    }
    bench.files.add("/etc/level15", "");
    const LoadResult result = bench.load();

    CHECK(bench.files.files_read().size() <= FileWalk::max_files + 1);
    CHECK(count(result, Severity::error) == 1);
}

TEST_CASE("half a million bad words on one line cost neither time nor memory")
{
    std::string text = "service a\n{\nonly_from =";
    for (int i = 0; i < 500'000; ++i)
        text += " <>";
    Bench bench;
    bench.files.add("/etc/x.conf", text + "\n}\n" + service("b", 2));
    const auto start = std::chrono::steady_clock::now();
    const LoadResult result = bench.load();

    CHECK(ids(result) == Names{"b"});
    CHECK(result.diagnostics->all().size() == Diagnostics::max_kept);
    CHECK(result.diagnostics->not_kept() > 400'000);
    for (const Diagnostic& diagnostic : result.diagnostics->all())
        REQUIRE(diagnostic.source_line.size() <= 512);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("a binary file is an error with a place")
{
    using namespace std::string_literals;
    std::string noise;
    for (unsigned i = 0; i < 200'000; ++i)
        noise += static_cast<char>((i * 2654435761U) >> 13U);
    for (const std::string& text :
         {std::string(1'000'000, '\0'), noise, "service\0 a\n{\n"s, std::string(1'000'000, '{')}) {
        Bench bench;
        bench.files.add("/etc/x.conf", "include /etc/bin\n" + service("b", 2));
        bench.files.add("/etc/bin", text);
        const LoadResult result = bench.load();
        CHECK(ids(result) == Names{"b"});
        for (const Diagnostic& diagnostic : result.diagnostics->all())
            REQUIRE((diagnostic.location.line > 0 && diagnostic.location.column > 0));
    }
}

TEST_CASE("the texts of files are gone after a load, their names are not")
{
    Bench bench;
    bench.files.add("/etc/x.conf", service("a", 1));
    const LoadResult result = bench.load();
    const SourceLocation where = result.services.at(0)->location;

    CHECK(result.sources->path(where.file) == "/etc/x.conf");
    CHECK(result.sources->line(where.file, 1).empty());
}

TEST_CASE("the port offset moves every service")
{
    Bench bench;
    bench.options.port_offset = 10'000;
    bench.files.add("/etc/x.conf", service("a", 80));
    const LoadResult result = bench.load();

    REQUIRE(result.services.size() == 1);
    CHECK(result.services[0]->port == 80);
    CHECK(to_string(result.services[0]->endpoints.at(0)) == "[::]:10080");
}

} // namespace
} // namespace usherd::config

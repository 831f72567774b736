// SPDX-License-Identifier: BSD-2-Clause
//
// What is converted means what it meant: the golden configurations, and the files of a corpus where
// one is at hand (see corpus_test.cc), give the same services in xinetd's syntax and in YAML.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config-parser/convert.h"
#include "config-parser/load.h"
#include "tests/golden/spec_dump.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::test {
namespace {

namespace fs = std::filesystem;
using config::Syntax;

std::string slurp(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<fs::path> files_below(const fs::path& root)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(root, error))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<fs::path> inputs()
{
    std::vector<fs::path> inputs;
    for (const fs::path& path : files_below(USHERD_GOLDEN_DIRECTORY))
        if (path.string().find("/in/") != std::string::npos)
            inputs.push_back(path);
    const char* const given = std::getenv("USHERD_CORPUS");
    const fs::path corpus = given != nullptr
                                ? fs::path(given)
                                : fs::path(USHERD_GOLDEN_DIRECTORY) / "../../../shared/corpus";
    for (const char* const part : {"xinetd.conf", "xinetd.d", "inetd.conf", "derived/xinetd.d"})
        for (const fs::path& path : files_below(corpus / part))
            inputs.push_back(path);
    return inputs;
}

config::LoadResult load_text(const std::string& text, Syntax syntax)
{
    MemoryFiles files;
    FixedNames names;
    config::LoadOptions options;
    const std::string main = syntax == Syntax::yaml ? "main.yaml" : "main";
    files.add(main, syntax == Syntax::inetd ? std::string() : text);
    files.add("inetd.conf", text);
    options.inetd_conf = "inetd.conf";
    options.include_inetd_conf = syntax == Syntax::inetd;
    return load(files, names, main, options);
}

/// What became of the text, service by service.
std::string meaning(const config::LoadResult& result)
{
    std::string text = dump(result.defaults);
    for (const auto& service : result.services)
        text += fmt::format("service {} ({})\n{}", service->name, service->id, dump(*service));
    return text;
}

/// The same, without the flags that xinetd gives to each entry of inetd.conf, and with the name of
/// the server where an entry has no argv[0].
std::string without_flags(const std::string& text)
{
    std::string kept, server;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("    server: "))
            server = line.substr(line.find_last_of("/ ") + 1);
        if (line == "    argv: []")
            line = "    argv: [" + server + "]";
        if (line.find("flags: ") == std::string::npos)
            kept += line + '\n';
    }
    return kept;
}

TEST_CASE("a configuration means the same in YAML, and back in xinetd's syntax")
{
    int compared = 0;
    for (const fs::path& path : inputs()) {
        CAPTURE(path.string());
        const std::string text = slurp(path);
        const Syntax from =
            path.filename() == "inetd.conf" || path.parent_path().filename() == "inetd.conf"
                ? Syntax::inetd
                : config::syntax_of_name(path.string());
        if (from == Syntax::inetd)
            continue;
        const auto yaml = config::convert(text, "in", from, Syntax::yaml);
        const auto back = config::convert(yaml.text, "in.yaml", Syntax::yaml, Syntax::xinetd);
        if (!yaml.complete || !back.complete)
            continue; // told; nothing more open than before, see the unit tests
        ++compared;
        const auto original = load_text(text, from);
        const auto as_yaml = load_text(yaml.text, Syntax::yaml);
        CAPTURE(yaml.text, back.text);
        REQUIRE(meaning(as_yaml) == meaning(original));
        const auto as_xinetd = load_text(back.text, Syntax::xinetd);
        REQUIRE(meaning(as_xinetd) == meaning(original));
        REQUIRE(as_yaml.services.size() == original.services.size());
        for (std::size_t i = 0; i < original.services.size(); ++i) {
            REQUIRE(as_yaml.services[i]->same_settings(*original.services[i]));
            REQUIRE(as_xinetd.services[i]->same_settings(*original.services[i]));
        }
    }
    CHECK(compared > 40);
}

TEST_CASE("an inetd.conf means the same as services, flags aside")
{
    for (const fs::path& path : inputs()) {
        if (path.filename() != "inetd.conf" && path.parent_path().filename() != "inetd.conf")
            continue;
        CAPTURE(path.string());
        const std::string text = slurp(path);
        const std::string expected = without_flags(meaning(load_text(text, Syntax::inetd)));
        for (const Syntax to : {Syntax::xinetd, Syntax::yaml}) {
            const auto converted = config::convert(text, "inetd.conf", Syntax::inetd, to);
            CAPTURE(converted.text);
            REQUIRE(without_flags(meaning(load_text(converted.text, to))) == expected);
        }
    }
}

} // namespace
} // namespace usherd::test

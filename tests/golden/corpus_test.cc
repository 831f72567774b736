// SPDX-License-Identifier: BSD-2-Clause
//
// Service files found in the wild, where a collection is at hand (USHERD_CORPUS, or
// ../shared/corpus beside the tree; it is no part of it): whatever they hold, they load without a
// crash, and each diagnostic has a place. Without a collection nothing is tested.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config-parser/load.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> corpus_files()
{
    const char* const given = std::getenv("USHERD_CORPUS");
    const fs::path root = given != nullptr
                              ? fs::path(given)
                              : fs::path(USHERD_GOLDEN_DIRECTORY) / "../../../shared/corpus";
    std::vector<fs::path> files;
    for (const char* const part : {"xinetd.conf", "xinetd.d", "inetd.conf", "derived/xinetd.d"}) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(root / part, error))
            if (entry.is_regular_file())
                files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string slurp(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void check_places(const config::LoadResult& result)
{
    for (const config::Diagnostic& diagnostic : result.diagnostics->all()) {
        CAPTURE(diagnostic.message);
        REQUIRE_FALSE(diagnostic.path.empty());
        REQUIRE((diagnostic.location.column > 0 || diagnostic.path != "x.conf"));
        REQUIRE_FALSE(render(diagnostic).empty());
        REQUIRE(log_line(diagnostic).find('\n') == std::string::npos);
    }
    for (const config::DroppedService& dropped : result.dropped)
        REQUIRE_FALSE(dropped.why.empty());
}

TEST_CASE("files found in the wild load without a crash, each diagnostic with its place")
{
    const std::vector<fs::path> corpus = corpus_files();
    if (corpus.empty())
        WARN("no corpus here: nothing tested");
    for (const fs::path& path : corpus) {
        CAPTURE(path.filename());
        FixedNames names;
        MemoryFiles files;
        files.add("x.conf", slurp(path));
        files.add("d/x.yaml", slurp(path));
        files.add("y.conf", "includedir d\n");
        check_places(load(files, names, "x.conf", config::LoadOptions{}));
        check_places(load(files, names, "y.conf", config::LoadOptions{}));
    }
}

} // namespace
} // namespace usherd::test

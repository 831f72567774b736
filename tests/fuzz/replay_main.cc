// SPDX-License-Identifier: BSD-2-Clause
//
// Runs a fuzz target once over each file of the directories and files named: the seeds and the
// crashes found before, in every build, also where there is no libFuzzer.
// usage: replay_TARGET PATH...

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/fuzz/fuzz_target.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& path)
{
    if (!fs::is_directory(path))
        return {path};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::string read(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int main(int argc, char** argv) // NOLINT(bugprone-exception-escape): ends the program, as it should
{
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& path : files_below(argv[i])) {
            const std::string text = read(path);
            fmt::print(stderr, "{}\n", path.string());
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
            ++count;
        }
    }
    fmt::print("{} inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

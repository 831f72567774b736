// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: xinetd syntax through load(). The first text of the input is the main file; each
// further one is a drop-in a, b, c … of /d, reached by the main file's `includedir /d` or
// `include /d/a`.

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using usherd::fuzz::as_text;
    const auto texts = usherd::fuzz::split_texts(as_text(data, size));
    usherd::test::MemoryFiles files;
    files.add("/main", std::string(texts.front()));
    files.make_directory("/d");
    for (std::size_t i = 1; i < texts.size() && i <= 26; ++i)
        files.add(std::string("/d/") + static_cast<char>('a' + i - 1), std::string(texts[i]));
    usherd::fuzz::check_load(files, "/main", {});
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: YAML drop-ins through load(), below a main file that has defaults to inherit. Each
// text of the input is a drop-in of its own.

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using usherd::fuzz::as_text;
    const auto texts = usherd::fuzz::split_texts(as_text(data, size));
    usherd::test::MemoryFiles files;
    files.add("/main", "defaults\n{\n    instances = 60\n    only_from = 192.0.2.0/24\n}\n"
                       "includedir /d\n");
    for (std::size_t i = 0; i < texts.size() && i < 26; ++i) {
        const std::string name{static_cast<char>('a' + i)};
        files.add("/d/" + name + (i % 2 == 0 ? ".yaml" : ".yml"), std::string(texts[i]));
    }
    usherd::fuzz::check_load(files, "/main", {});
    return 0;
}

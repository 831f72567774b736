// SPDX-License-Identifier: BSD-2-Clause
//
// A broken promise is an abort: libFuzzer, the sanitizers and ctest all see it.

#include "tests/fuzz/fuzz_target.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace usherd::fuzz {

void require(bool holds, std::string_view promise)
{
    if (holds)
        return;
    fmt::print(stderr, "broken promise: {}\n", promise);
    std::abort();
}

std::string_view as_text(const std::uint8_t* data, std::size_t size) noexcept
{
    return {reinterpret_cast<const char*>(data), size};
}

} // namespace usherd::fuzz

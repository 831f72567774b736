// SPDX-License-Identifier: BSD-2-Clause
//
// What the fuzz targets share: libFuzzer's entry point, and the way to say that a promise is
// broken. Each target also links with replay_main.cc, which runs it over files without libFuzzer.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace usherd::fuzz {

/// Ends the program with `promise` on stderr where it does not hold.
void require(bool holds, std::string_view promise);

/// The input as text. Not terminated.
[[nodiscard]] std::string_view as_text(const std::uint8_t* data, std::size_t size) noexcept;

} // namespace usherd::fuzz

// SPDX-License-Identifier: BSD-2-Clause
//
// A spec back in the words of its files: the value of each attribute, as it could be written there.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config-parser/service_spec.h"

namespace usherd::config {

[[nodiscard]] std::string_view name(ServiceType type) noexcept;
[[nodiscard]] std::string_view name(ServiceFlag flag) noexcept;
[[nodiscard]] std::string_view name(SocketType type) noexcept;

/// The effective value, words with a blank between them; empty if the attribute has none.
/// @param row of attribute_table()
[[nodiscard]] std::string attribute_text(const ServiceSpec& spec, std::uint16_t row);

} // namespace usherd::config

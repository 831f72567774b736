// SPDX-License-Identifier: BSD-2-Clause
//
// A service or `defaults` as text, for comparison: what differs from an empty spec.

#pragma once

#include <string>

#include "config-parser/service_spec.h"

namespace usherd::test {

/// Lines of `    name: value`.
[[nodiscard]] std::string dump(const config::ServiceSpec& spec);

} // namespace usherd::test

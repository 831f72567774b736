// SPDX-License-Identifier: BSD-2-Clause
//
// xinetd.conf(5) syntax to RawDocument, with xinetd's own error recovery: what an error loses here
// it loses there (but for the entry after a broken `defaults`, and the line after a lone name).

#pragma once

#include <string_view>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// What becomes of an entry after its `disable = yes`.
enum class AfterDisable : std::uint8_t {
    stop,    ///< it is not read, as with xinetd
    read_on, ///< it is read as any other, for a conversion
};

[[nodiscard]] RawDocument read_xinetd(std::string_view text, SourceId file,
                                      AfterDisable after_disable = AfterDisable::stop);

} // namespace usherd::config

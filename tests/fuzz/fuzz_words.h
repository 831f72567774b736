// SPDX-License-Identifier: BSD-2-Clause
//
// What the readers of single words need around them: a service being read, an attribute, a sink.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config-parser/value_report.h"

namespace usherd::fuzz {

/// One word of a one-line file.
class WordBench {
public:
    explicit WordBench(std::string_view text)
        : word_{std::string(text), {}}, diagnostics_(sources_),
          report_(draft_, attribute_, diagnostics_)
    {
        const auto line = std::make_shared<const std::string>(text);
        word_.location = {sources_.add("/file", line), 1, 1};
        attribute_.location = word_.location;
        attribute_.name = "attribute";
        attribute_.words.push_back(word_);
    }

    [[nodiscard]] const config::Word& word() const noexcept { return word_; }
    [[nodiscard]] const config::ValueReport& report() const noexcept { return report_; }
    [[nodiscard]] const config::Diagnostics& diagnostics() const noexcept { return diagnostics_; }

private:
    config::Word word_;
    config::ServiceDraft draft_;
    config::RawAttribute attribute_;
    config::Sources sources_;
    config::Diagnostics diagnostics_; // after sources_, which it reads
    config::ValueReport report_;      // after all that it refers to
};

} // namespace usherd::fuzz

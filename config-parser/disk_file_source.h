// SPDX-License-Identifier: BSD-2-Clause
//
// The file system as a FileSource. Effects: opens and reads files, lists directories.

#pragma once

#include "config-parser/file_source.h"

namespace usherd::config {

class DiskFiles final : public FileSource {
public:
    [[nodiscard]] std::variant<Text, FileError> read(const std::string& path) override;
    [[nodiscard]] std::variant<std::vector<std::string>, FileError>
    list(const std::string& path) override;
    [[nodiscard]] std::variant<std::monostate, FileError>
    may_execute(const std::string& path) override;
};

} // namespace usherd::config

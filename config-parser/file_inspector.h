// SPDX-License-Identifier: BSD-2-Clause
//
// What the linter asks about files beside their text. Tests give a map.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace usherd::config {

/// Of what a path leads to, through symbolic links.
struct FileStatus {
    std::uint32_t mode = 0644; ///< permissions and the sticky bit: 07777 at most
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    bool is_directory = false;
    std::uint64_t size = 0; ///< bytes
};

class FileInspector {
public:
    virtual ~FileInspector() = default;
    /// None if there is no such file, or if it may not be looked at.
    [[nodiscard]] virtual std::optional<FileStatus> status(const std::string& path) = 0;
};

} // namespace usherd::config

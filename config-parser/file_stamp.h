// SPDX-License-Identifier: BSD-2-Clause
//
// By what a file is known to be unchanged without being read.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace usherd::config {

/// What a file's content cannot change without. @see inode(7)
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0; ///< nanoseconds; whoever owns the file can set it
    std::int64_t changed = 0;  ///< nanoseconds; set by the kernel at each change, of any kind

    bool operator==(const FileStamp&) const = default;
};

class StampSource {
public:
    virtual ~StampSource() = default;

    /// Of the file that FileSource::read() would read now, if a later equal one proves that it
    /// would read the same; nothing where that cannot be said, or read() would fail. To be asked
    /// before read(): what changes in between is then taken for changed.
    [[nodiscard]] virtual std::optional<FileStamp> stamp(const std::string& path) = 0;
};

} // namespace usherd::config

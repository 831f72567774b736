// SPDX-License-Identifier: BSD-2-Clause
//
// By what a file is known to be unchanged without being read.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "config-parser/file_source.h"

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

struct StampedText {
    std::variant<FileSource::Text, FileError> text;
    std::optional<FileStamp> stamp; ///< as StampSource::stamp() had it before the text was read
};

class StampSource {
public:
    virtual ~StampSource() = default;

    /// Of the file that FileSource::read() would read now, if a later equal one proves that it
    /// would read the same; nothing where that cannot be said, or read() would fail.
    [[nodiscard]] virtual std::optional<FileStamp> stamp(const std::string& path) = 0;
    /// Both. What changes in between is taken for changed by the next load.
    [[nodiscard]] virtual StampedText read_stamped(const std::string& path) = 0;
};

} // namespace usherd::config

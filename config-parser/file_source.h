// SPDX-License-Identifier: BSD-2-Clause
//
// Where configuration texts come from. Tests give MemoryFiles.

#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace usherd::config {

/// A file could not be read or a directory not listed.
struct FileError {
    enum class Kind : std::uint8_t {
        missing,
        not_permitted,
        not_regular,
        too_large,
        not_trusted, ///< others than root and the daemon's user can change it
        other,
    };
    Kind kind = Kind::other;
    int error_number = 0; ///< errno; 0 if none applies
    std::string text;     ///< for people: "No such file or directory"
    bool operator==(const FileError&) const = default;
};

class FileSource {
public:
    virtual ~FileSource() = default;

    using Text = std::shared_ptr<const std::string>;
    /// Reads a regular file (through symbolic links), at most max_file_bytes. Never blocks on a
    /// FIFO or device.
    [[nodiscard]] virtual std::variant<Text, FileError> read(const std::string& path) = 0;
    /// Names in a directory, unsorted, without `.` and `..`.
    [[nodiscard]] virtual std::variant<std::vector<std::string>, FileError>
    list(const std::string& path) = 0;
    /// True if the daemon's real user may execute `path` (a directory passes, as with xinetd).
    [[nodiscard]] virtual std::variant<std::monostate, FileError>
    may_execute(const std::string& path) = 0;

    static constexpr std::size_t max_file_bytes = 64U << 20;
};

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// The file system as a FileSource. Effects: opens and reads files, lists directories.

#pragma once

#include "config-parser/file_source.h"

namespace usherd::config {

/// Whose files are read. Whoever can change a service file runs programs as the daemon's user.
enum class Trust : std::uint8_t {
    everybody, ///< as xinetd does
    owners,    ///< refuses what anybody else than root and the daemon's user can change
};

class DiskFiles final : public FileSource {
public:
    explicit DiskFiles(Trust trust = Trust::everybody) : trust_(trust) {}

    /// With Trust::owners a file is refused as not_trusted if everybody may write it, or if a root
    /// daemon finds it in the hands of another user. The group's bit is the administrator's choice.
    [[nodiscard]] std::variant<Text, FileError> read(const std::string& path) override;
    /// With Trust::owners the same of a directory; one with the sticky bit may be open to all, as
    /// the files in it are looked at one by one.
    [[nodiscard]] std::variant<std::vector<std::string>, FileError>
    list(const std::string& path) override;
    [[nodiscard]] std::variant<std::monostate, FileError>
    may_execute(const std::string& path) override;

private:
    Trust trust_;
};

} // namespace usherd::config

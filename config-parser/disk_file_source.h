// SPDX-License-Identifier: BSD-2-Clause
//
// The file system as a FileSource. Effects: opens and reads files, lists directories.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/file_source.h"
#include "config-parser/file_stamp.h"

struct stat;

namespace usherd::config {

/// Whose files are read. Whoever can change a service file runs programs as the daemon's user.
enum class Trust : std::uint8_t {
    everybody, ///< as xinetd does
    owners,    ///< refuses what anybody else than root and the daemon's user can change
};

class DiskFiles final : public FileSource, public StampSource {
public:
    explicit DiskFiles(Trust trust = Trust::everybody);

    /// With Trust::owners a file is refused as not_trusted if everybody may write it, or if a root
    /// daemon finds it in the hands of another user. The group's bit is the administrator's choice.
    [[nodiscard]] std::variant<Text, FileError> read(const std::string& path) override;
    /// Nothing for a file that changed within the last seconds, as another change might leave the
    /// same times behind, nor on file systems that are not known to be local and to keep times
    /// of nanoseconds: elsewhere (NFS, FUSE) neither the times nor a cached status prove anything.
    [[nodiscard]] std::optional<FileStamp> stamp(const std::string& path) override;
    [[nodiscard]] StampedText read_stamped(const std::string& path) override;
    /// With Trust::owners the same of a directory; one with the sticky bit may be open to all, as
    /// the files in it are looked at one by one.
    [[nodiscard]] std::variant<std::vector<std::string>, FileError>
    list(const std::string& path) override;
    [[nodiscard]] std::variant<std::monostate, FileError>
    may_execute(const std::string& path) override;

private:
    struct Opened;
    [[nodiscard]] std::variant<Opened, FileError> open(const std::string& path) const;
    /// Why `trust_` does not reach to what has this status; nothing if it does.
    [[nodiscard]] std::optional<FileError> distrust(const struct stat& status) const;
    [[nodiscard]] std::optional<FileStamp> stamp_of(const std::string& path,
                                                    const struct stat& status);
    [[nodiscard]] bool keeps_times(const std::string& path, std::uint64_t device);

    Trust trust_;
    bool is_root_;                          ///< the daemon's effective user
    std::map<std::uint64_t, bool> devices_; ///< whether their times can be relied on
    std::string executable_;                ///< the last that was: many services have the same
};

} // namespace usherd::config

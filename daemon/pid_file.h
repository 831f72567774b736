// SPDX-License-Identifier: BSD-2-Clause
//
// The pid file, as xinetd's: whatever bears its name is unlinked, then it is created anew.

#pragma once

#include <string>
#include <sys/types.h>

#include "daemon/sys/result.h"

namespace usherd::daemon {

/// Removes the file when it dies, if the name still is the file that was written; leave() keeps it.
class PidFile {
public:
    /// Writes `PID` and LF, mode 0644. A relative path is taken from the current directory now, so
    /// that a later chdir does not lose the file.
    [[nodiscard]] static sys::Result<PidFile> create(const std::string& path, pid_t pid);

    ~PidFile();
    PidFile(PidFile&& other) noexcept;
    PidFile& operator=(PidFile&&) = delete;
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    /// The file stays behind.
    void leave() noexcept { path_.clear(); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; } ///< absolute

private:
    PidFile(std::string path, dev_t device, ino_t inode);

    std::string path_; ///< empty: nothing to remove
    dev_t device_;
    ino_t inode_;
};

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// The file that the status socket is: its directory, its mode and group, what an earlier daemon
// left behind. Removed again when its owner dies.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class StatusSocket {
public:
    /// Makes the last directory of the path if it is missing (0755), and replaces a socket that
    /// nobody listens on. Refuses a directory that others may write to.
    /// @param path absolute. @param group of the file; absent: the daemon's own.
    [[nodiscard]] static sys::Result<StatusSocket> create(const std::string& path,
                                                          std::optional<std::uint32_t> group);
    StatusSocket(StatusSocket&& other) noexcept;
    StatusSocket& operator=(StatusSocket&&) = delete;
    StatusSocket(const StatusSocket&) = delete;
    StatusSocket& operator=(const StatusSocket&) = delete;
    ~StatusSocket();

    /// The listening socket, non-blocking; once.
    [[nodiscard]] sys::UniqueFd take_listener() noexcept { return std::move(listener_); }
    [[nodiscard]] sys::Result<void> set_group(std::optional<std::uint32_t> group) noexcept;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    explicit StatusSocket(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] bool is_ours() const noexcept;

    std::string path_; ///< empty: moved from
    dev_t device_ = 0;
    ino_t inode_ = 0;
    sys::UniqueFd listener_;
};

/// Where the socket lies by default: /run/usherd for root, else $XDG_RUNTIME_DIR/usherd.
/// @return empty if there is no such place.
[[nodiscard]] std::string default_status_socket(bool is_root);

} // namespace usherd::daemon

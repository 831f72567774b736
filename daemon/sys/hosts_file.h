// SPDX-License-Identifier: BSD-2-Clause
//
// The hosts file: addresses and the names its owner gives them. Read as a whole and only when told.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sys/host_address.h"
#include "daemon/sys/result.h"

namespace usherd::sys {

/// @see hosts(5)
class HostsFile {
public:
    HostsFile() = default; ///< nobody has a name
    /// Lines that are no hosts lines are passed over.
    explicit HostsFile(std::string_view text);
    /// Reads a regular file, of which no more than the first 16 MiB count.
    [[nodiscard]] static Result<HostsFile> read(const std::string& path);

    /// The canonical name of `address`: the first on its first line; empty if it has none.
    [[nodiscard]] std::string_view name_of(const HostAddress& address) const;
    /// The addresses of all lines that have `name`, in any case of its letters; IPv4 first, as for
    /// the services that ask.
    [[nodiscard]] std::vector<HostAddress> addresses_of(std::string_view name) const;
    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

private:
    std::map<HostAddress, std::string> names_;
    std::map<std::string, std::vector<HostAddress>> addresses_; ///< by names in lower case
};

} // namespace usherd::sys

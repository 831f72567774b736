// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/disk_file_inspector.h"

#include <sys/stat.h>

namespace usherd::ctl {

std::optional<config::FileStatus> DiskFileInspector::status(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return config::FileStatus{static_cast<std::uint32_t>(status.st_mode & 07777), status.st_uid,
                              status.st_gid, S_ISDIR(status.st_mode),
                              static_cast<std::uint64_t>(status.st_size)};
}

} // namespace usherd::ctl

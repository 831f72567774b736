// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/text_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/sys/unique_fd.h"

namespace usherd::sys {

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd)
        return last_error("open");
    struct stat info {};
    if (::fstat(fd.get(), &info) < 0)
        return last_error("fstat");
    if (!S_ISREG(info.st_mode))
        return SysError{"open", EINVAL};

    std::string text;
    std::array<char, 65536> block{};
    while (text.size() < max_bytes) {
        const ssize_t length = ::read(fd.get(), block.data(), block.size());
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return last_error("read");
        if (length == 0)
            break;
        text.append(block.data(), static_cast<std::size_t>(length));
    }
    return text;
}

} // namespace usherd::sys

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/pid_file.h"

#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

namespace {

sys::Result<std::string> absolute(const std::string& path)
{
    if (path.starts_with('/'))
        return path;
    char directory[PATH_MAX];
    if (::getcwd(directory, sizeof directory) == nullptr)
        return sys::last_error("getcwd");
    return fmt::format("{}/{}", directory, path);
}

} // namespace

sys::Result<PidFile> PidFile::create(const std::string& path, pid_t pid)
{
    auto full = absolute(path);
    if (!full)
        return full.error();
    if (::unlink(full->c_str()) < 0 && errno != ENOENT)
        return sys::last_error("unlink");
    const sys::UniqueFd file(
        ::open(full->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file)
        return sys::last_error("open");
    struct stat status {};
    if (::fstat(file.get(), &status) < 0)
        return sys::last_error("fstat");
    PidFile created(std::move(*full), status.st_dev, status.st_ino); // removes it if writing fails
    const std::string text = fmt::format("{}\n", pid);
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0)
        return sys::last_error("write");
    if (static_cast<std::size_t>(written) != text.size())
        return sys::SysError{"write", ENOSPC};
    return created;
}

PidFile::PidFile(std::string path, dev_t device, ino_t inode)
    : path_(std::move(path)), device_(device), inode_(inode)
{
}

PidFile::PidFile(PidFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_)
{
}

PidFile::~PidFile()
{
    if (path_.empty())
        return;
    struct stat status {};
    // Another daemon may have taken the name meanwhile.
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

} // namespace usherd::daemon

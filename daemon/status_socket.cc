// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_socket.h"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "daemon/sys/socket.h"

namespace usherd::daemon {

namespace {

constexpr mode_t directory_mode = 0755;
constexpr mode_t socket_mode = 0660;
constexpr int backlog = 128;

/// Whoever can write there could put another socket in the place of ours.
sys::Result<void> check_directory(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0)
        return sys::last_error("stat");
    if (!S_ISDIR(status.st_mode))
        return sys::SysError{"directory of the socket", ENOTDIR};
    const bool owner_is_trusted = status.st_uid == 0 || status.st_uid == ::geteuid();
    const bool is_shared = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool is_sticky = (status.st_mode & S_ISVTX) != 0;
    if (!owner_is_trusted || (is_shared && !is_sticky))
        return sys::SysError{"directory of the socket", EPERM};
    return {};
}

sys::Result<void> prepare_directory(const std::string& socket_path)
{
    const std::size_t slash = socket_path.rfind('/');
    if (slash == std::string::npos)
        return sys::SysError{"path of the socket", EINVAL};
    const std::string directory = slash == 0 ? "/" : socket_path.substr(0, slash);
    if (::mkdir(directory.c_str(), directory_mode) < 0 && errno != EEXIST)
        return sys::last_error("mkdir");
    return check_directory(directory);
}

/// Removes what a daemon that was killed left behind; never a socket that somebody listens on, nor
/// a file of another kind.
sys::Result<void> remove_stale(const std::string& path, const sys::SocketAddress& address)
{
    struct stat status {};
    if (::lstat(path.c_str(), &status) < 0)
        return errno == ENOENT ? sys::Result<void>{} : sys::last_error("lstat");
    if (!S_ISSOCK(status.st_mode))
        return sys::SysError{"bind", EEXIST};
    auto probe = sys::open_socket(AF_UNIX, SOCK_STREAM, 0, sys::Blocking::no);
    if (!probe)
        return probe.error();
    if (::connect(probe->get(), address.get(), address.length) == 0 || errno != ECONNREFUSED)
        return sys::SysError{"bind", EADDRINUSE};
    if (::unlink(path.c_str()) < 0 && errno != ENOENT)
        return sys::last_error("unlink");
    return {};
}

} // namespace

sys::Result<StatusSocket> StatusSocket::create(const std::string& path,
                                               std::optional<std::uint32_t> group)
{
    const auto address = sys::unix_address(path, false);
    if (!address)
        return address.error();
    if (auto done = prepare_directory(path); !done)
        return done.error();
    if (auto done = remove_stale(path, *address); !done)
        return done.error();
    auto opened = sys::open_socket(AF_UNIX, SOCK_STREAM, 0, sys::Blocking::no);
    if (!opened)
        return opened.error();
    // The file is born with the mode of the socket: nobody is to connect before its group is right.
    if (::fchmod(opened->get(), 0600) < 0)
        return sys::last_error("fchmod");
    if (auto bound = sys::bind_to(opened->get(), *address); !bound)
        return bound.error();
    StatusSocket socket(path);
    struct stat status {};
    if (::lstat(path.c_str(), &status) < 0)
        return sys::last_error("lstat");
    socket.device_ = status.st_dev;
    socket.inode_ = status.st_ino;
    if (auto done = socket.set_group(group); !done)
        return done.error();
    if (auto listening = sys::listen_on(opened->get(), backlog); !listening)
        return listening.error();
    socket.listener_ = std::move(*opened);
    return socket;
}

StatusSocket::StatusSocket(StatusSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_),
      listener_(std::move(other.listener_))
{
}

StatusSocket::~StatusSocket()
{
    if (!path_.empty() && is_ours())
        ::unlink(path_.c_str());
}

bool StatusSocket::is_ours() const noexcept
{
    struct stat status {};
    return ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_;
}

sys::Result<void> StatusSocket::set_group(std::optional<std::uint32_t> group) noexcept
{
    if (!is_ours())
        return sys::SysError{"lstat", ENOENT};
    if (::lchown(path_.c_str(), static_cast<uid_t>(-1), group.value_or(::getegid())) < 0)
        return sys::last_error("chown");
    if (::chmod(path_.c_str(), socket_mode) < 0)
        return sys::last_error("chmod");
    return {};
}

std::string default_status_socket(bool is_root)
{
    if (is_root)
        return "/run/usherd/status.sock";
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime == nullptr || runtime[0] != '/')
        return {};
    return std::string(runtime) + "/usherd/status.sock";
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// Reading configuration files from disk without ever waiting for a FIFO or a device.

#include "config-parser/disk_file_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

namespace usherd::config {

namespace {

/// Closes what it holds. (sys::UniqueFd is out of this module's reach.)
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

FileError error_of(int error)
{
    FileError::Kind kind = FileError::Kind::other;
    if (error == ENOENT || error == ENOTDIR)
        kind = FileError::Kind::missing;
    else if (error == EACCES || error == EPERM)
        kind = FileError::Kind::not_permitted;
    return {kind, error, ::strerror(error)};
}

FileError not_regular(mode_t mode)
{
    std::string_view what = "a special file";
    if (S_ISDIR(mode))
        what = "a directory";
    else if (S_ISFIFO(mode))
        what = "a FIFO";
    else if (S_ISSOCK(mode))
        what = "a socket";
    else if (S_ISCHR(mode) || S_ISBLK(mode))
        what = "a device";
    return {FileError::Kind::not_regular, 0, "it is " + std::string(what) + ", not a regular file"};
}

FileError too_large()
{
    return {FileError::Kind::too_large, 0, "it is larger than 64 MiB"};
}

/// The file may grow or shrink meanwhile: reads to its end, whatever fstat said.
std::variant<FileSource::Text, FileError> read_all(int fd, std::size_t expected)
{
    auto text = std::make_shared<std::string>();
    std::size_t used = 0;
    text->resize(expected + 1); // one more, to see the end without another round
    for (;;) {
        if (used == text->size())
            text->resize(text->size() * 2);
        const ssize_t got = ::read(fd, text->data() + used, text->size() - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_of(errno);
        used += static_cast<std::size_t>(got);
        if (used > FileSource::max_file_bytes)
            return too_large();
        if (used < text->size())
            break; // less than asked for: the end of a regular file
    }
    text->resize(used);
    return FileSource::Text(std::move(text));
}

constexpr std::int64_t nanoseconds = 1'000'000'000;
/// The kernel's clock for files goes in steps of up to 10 ms; the rest is for a clock that is set.
constexpr std::int64_t young = 2 * nanoseconds;
constexpr std::uint32_t xfs_magic = 0x58465342; // statfs(2) has it, no header does
constexpr std::uint32_t zfs_magic = 0x2fc12fc1;
constexpr std::uint32_t bcachefs_magic = 0xca451a4e;

std::int64_t to_number(const timespec& time)
{
    return static_cast<std::int64_t>(time.tv_sec) * nanoseconds + time.tv_nsec;
}

} // namespace

struct DiskFiles::Opened {
    Descriptor file;
    struct stat status {};
};

DiskFiles::DiskFiles(Trust trust) : trust_(trust), is_root_(::geteuid() == 0) {}

std::optional<FileError> DiskFiles::distrust(const struct stat& status) const
{
    if (trust_ == Trust::everybody)
        return std::nullopt;
    const auto because = [](std::string text) {
        return FileError{FileError::Kind::not_trusted, 0, std::move(text)};
    };
    const bool guarded = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & S_IWOTH) != 0 && !guarded)
        return because("everybody can write it: chmod o-w, or start with --trust-files");
    if (is_root_ && status.st_uid != 0)
        return because("user " + std::to_string(status.st_uid) +
                       " can write it: chown root, or start with --trust-files");
    return std::nullopt;
}

std::variant<DiskFiles::Opened, FileError> DiskFiles::open(const std::string& path) const
{
    // O_NONBLOCK: opening a FIFO returns at once; of no effect on regular files.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.get() < 0)
        return error_of(errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return error_of(errno);
    if (!S_ISREG(status.st_mode))
        return not_regular(status.st_mode);
    if (auto why = distrust(status))
        return std::move(*why);
    if (static_cast<std::uint64_t>(status.st_size) > max_file_bytes)
        return too_large();
    return Opened{std::move(file), status};
}

std::variant<FileSource::Text, FileError> DiskFiles::read(const std::string& path)
{
    auto outcome = open(path);
    if (auto* error = std::get_if<FileError>(&outcome))
        return std::move(*error);
    const auto& opened = std::get<Opened>(outcome);
    return read_all(opened.file.get(), static_cast<std::size_t>(opened.status.st_size));
}

StampedText DiskFiles::read_stamped(const std::string& path)
{
    auto outcome = open(path);
    if (auto* error = std::get_if<FileError>(&outcome))
        return {std::move(*error), std::nullopt};
    const auto& opened = std::get<Opened>(outcome);
    const auto stamp = stamp_of(path, opened.status);
    return {read_all(opened.file.get(), static_cast<std::size_t>(opened.status.st_size)), stamp};
}

bool DiskFiles::keeps_times(const std::string& path, std::uint64_t device)
{
    static constexpr std::array<std::uint32_t, 9> good{
        EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
        F2FS_SUPER_MAGIC, xfs_magic,         zfs_magic,   bcachefs_magic,
        RAMFS_MAGIC};
    const auto known = devices_.find(device);
    if (known != devices_.end())
        return known->second;
    struct statfs system {};
    const bool keeps = ::statfs(path.c_str(), &system) == 0 &&
                       std::find(good.begin(), good.end(),
                                 static_cast<std::uint32_t>(system.f_type)) != good.end();
    devices_.emplace(device, keeps);
    return keeps;
}

std::optional<FileStamp> DiskFiles::stamp(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return stamp_of(path, status);
}

std::optional<FileStamp> DiskFiles::stamp_of(const std::string& path, const struct stat& status)
{
    timespec now{};
    if (::clock_gettime(CLOCK_REALTIME, &now) != 0)
        return std::nullopt;
    const FileStamp stamp{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                          to_number(status.st_mtim), to_number(status.st_ctim)};
    const std::int64_t latest = std::max(stamp.modified, stamp.changed);
    if (!S_ISREG(status.st_mode) || distrust(status) || stamp.size > max_file_bytes ||
        latest > to_number(now) - young || !keeps_times(path, stamp.device))
        return std::nullopt;
    return stamp;
}

std::variant<std::vector<std::string>, FileError> DiskFiles::list(const std::string& path)
{
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (directory == nullptr)
        return error_of(errno);
    struct stat status {};
    if (::fstat(::dirfd(directory.get()), &status) != 0)
        return error_of(errno);
    if (auto why = distrust(status))
        return std::move(*why);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0)
        return error_of(errno);
    return names;
}

std::variant<std::monostate, FileError> DiskFiles::may_execute(const std::string& path)
{
    if (path == executable_)
        return std::monostate{};
    if (::access(path.c_str(), X_OK) != 0)
        return error_of(errno);
    executable_ = path;
    return std::monostate{};
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrapper_files.h"

#include <algorithm>
#include <cerrno>

#include "config-parser/disk_file_source.h"

namespace usherd::daemon {

namespace {

bool is_same(const timespec& left, const timespec& right) noexcept
{
    return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

bool is_same(const struct stat& left, const struct stat& right) noexcept
{
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino &&
           left.st_mode == right.st_mode && left.st_size == right.st_size &&
           is_same(left.st_mtim, right.st_mtim) && is_same(left.st_ctim, right.st_ctim);
}

core::WrapperNeed read_need(const std::string& path)
{
    config::DiskFiles files;
    const auto read = files.read(path);
    const auto* text = std::get_if<config::FileSource::Text>(&read);
    return text == nullptr ? core::WrapperNeed::process : core::wrapper_need(**text);
}

} // namespace

WrapperFiles::WrapperFiles(std::string allow, std::string deny)
{
    files_[0].path = std::move(allow);
    files_[1].path = std::move(deny);
}

void WrapperFiles::refresh(File& file)
{
    struct stat now {};
    const bool is_there = ::stat(file.path.c_str(), &now) == 0;
    if (!is_there && errno != ENOENT) {
        file.is_known = false;
        file.need = core::WrapperNeed::process;
        return;
    }
    if (!is_there)
        now = {};
    if (file.is_known && is_same(now, file.status))
        return;
    file.is_known = true;
    file.status = now;
    if (!is_there)
        file.need = core::WrapperNeed::nothing;
    else if ((now.st_mode & S_IROTH) == 0 || !S_ISREG(now.st_mode))
        file.need = core::WrapperNeed::process;
    else
        file.need = read_need(file.path);
}

core::WrapperNeed WrapperFiles::need()
{
    for (File& file : files_)
        refresh(file);
    return std::max(files_[0].need, files_[1].need);
}

std::string WrapperFiles::with_rules()
{
    if (need() == core::WrapperNeed::nothing)
        return {};
    return files_[0].need != core::WrapperNeed::nothing ? files_[0].path : files_[1].path;
}

} // namespace usherd::daemon

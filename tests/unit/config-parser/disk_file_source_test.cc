// SPDX-License-Identifier: BSD-2-Clause
//
// Files of all kinds, on disk.

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "config-parser/disk_file_source.h"
#include "config-parser/drop_in_name.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace usherd::config {
namespace {

using Kind = FileError::Kind;

Kind why(const std::string& path)
{
    DiskFiles files;
    const auto outcome = files.read(path);
    REQUIRE(std::holds_alternative<FileError>(outcome));
    return std::get<FileError>(outcome).kind;
}

TEST_CASE("a regular file is read whole, through links")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/f";
    const std::string content = std::string("a\0b\n", 4) + std::string(100'000, 'x');
    std::ofstream(path, std::ios::binary) << content;
    REQUIRE(::symlink(path.c_str(), (directory.path() + "/link").c_str()) == 0);
    std::ofstream(directory.path() + "/empty").flush();

    DiskFiles files;
    CHECK(*std::get<FileSource::Text>(files.read(path)) == content);
    CHECK(*std::get<FileSource::Text>(files.read(directory.path() + "/link")) == content);
    CHECK(std::get<FileSource::Text>(files.read(directory.path() + "/empty"))->empty());
}

TEST_CASE("what is no regular file is refused without waiting")
{
    const tests::TemporaryDirectory directory;
    const std::string fifo = directory.path() + "/fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    REQUIRE(::symlink("nowhere", (directory.path() + "/dangling").c_str()) == 0);

    CHECK(why(fifo) == Kind::not_regular);
    CHECK(why(directory.path()) == Kind::not_regular);
    CHECK(why("/dev/null") == Kind::not_regular);
    CHECK(why(directory.path() + "/dangling") == Kind::missing);
    CHECK(why(directory.path() + "/fifo/x") == Kind::missing);
}

TEST_CASE("a file beyond the limit is refused")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/big";
    std::ofstream(path).flush();
    REQUIRE(::truncate(path.c_str(), static_cast<off_t>(FileSource::max_file_bytes) + 1) == 0);
    CHECK(why(path) == Kind::too_large);
}

TEST_CASE("a directory is listed without its own names")
{
    const tests::TemporaryDirectory directory;
    std::ofstream(directory.path() + "/b").flush();
    std::ofstream(directory.path() + "/.a").flush();

    DiskFiles files;
    auto names = std::get<std::vector<std::string>>(files.list(directory.path()));
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{".a", "b"});
    CHECK(std::get<FileError>(files.list(directory.path() + "/b")).kind == Kind::missing);
}

template <typename Outcome>
std::optional<Kind> kind_of(const Outcome& outcome)
{
    const auto* error = std::get_if<FileError>(&outcome);
    return error != nullptr ? std::optional(error->kind) : std::nullopt;
}

TEST_CASE("what everybody can write is read only where everybody is trusted")
{
    const tests::TemporaryDirectory directory;
    const std::string file = directory.path() + "/f";
    const std::string drop_ins = directory.path() + "/d";
    std::ofstream(file).flush();
    REQUIRE(::mkdir(drop_ins.c_str(), 0755) == 0);
    DiskFiles careful(Trust::owners);
    DiskFiles careless;

    REQUIRE(::chmod(file.c_str(), 0664) == 0); // the group is the administrator's choice
    CHECK_FALSE(kind_of(careful.read(file)));
    REQUIRE(::chmod(file.c_str(), 0646) == 0);
    CHECK(kind_of(careful.read(file)) == Kind::not_trusted);
    CHECK_FALSE(kind_of(careless.read(file)));

    CHECK_FALSE(kind_of(careful.list(drop_ins)));
    REQUIRE(::chmod(drop_ins.c_str(), 0777) == 0);
    CHECK(kind_of(careful.list(drop_ins)) == Kind::not_trusted);
    CHECK_FALSE(kind_of(careless.list(drop_ins)));
    REQUIRE(::chmod(drop_ins.c_str(), 01777) == 0); // as /tmp is
    CHECK_FALSE(kind_of(careful.list(drop_ins)));
}

/// Until the file is old enough to have a stamp.
FileStamp settled(const std::string& path, Trust trust = Trust::everybody)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
        if (const auto stamp = DiskFiles(trust).stamp(path))
            return *stamp;
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

TEST_CASE("a stamp is had only by a file that has rested, and each change makes another")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/f";
    const std::string other = directory.path() + "/g";
    const std::string link = directory.path() + "/link";
    std::ofstream(path) << "one";
    std::ofstream(other) << "one";
    REQUIRE(::symlink("f", link.c_str()) == 0);
    CHECK_FALSE(DiskFiles().stamp(path)); // young

    const FileStamp first = settled(path);
    CHECK(settled(link) == first); // of what it points to
    const FileStamp second = settled(other);
    CHECK(first != second);
    REQUIRE(::unlink(link.c_str()) == 0);
    REQUIRE(::symlink("g", link.c_str()) == 0);
    CHECK(settled(link) == second); // the link itself may be young

    struct stat before {};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    std::ofstream(path) << "two";
    const std::array<timespec, 2> times{before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
    const FileStamp same_size_and_time = settled(path);
    CHECK(same_size_and_time.modified == first.modified);
    CHECK(same_size_and_time != first);

    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(settled(path) != same_size_and_time);
    const FileStamp with_mode = settled(path);
    REQUIRE(::rename(other.c_str(), path.c_str()) == 0);
    CHECK(settled(path) != with_mode);
}

TEST_CASE("what cannot be read or is not trusted has no stamp")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/f";
    std::ofstream(path) << "x";
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    (void)settled(path, Trust::everybody);

    CHECK_FALSE(DiskFiles(Trust::owners).stamp(path));
    CHECK_FALSE(DiskFiles().stamp(directory.path()));
    CHECK_FALSE(DiskFiles().stamp(directory.path() + "/nothing"));
    CHECK_FALSE(DiskFiles().stamp("/proc/self/status")); // no times to rely on
}

TEST_CASE("execution needs the permission")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/program";
    std::ofstream(path).flush();

    DiskFiles files;
    CHECK(std::holds_alternative<FileError>(files.may_execute(path)));
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    CHECK(std::holds_alternative<std::monostate>(files.may_execute(path)));
    CHECK(std::holds_alternative<std::monostate>(files.may_execute(directory.path())));
    CHECK(std::holds_alternative<FileError>(files.may_execute(path + "-not")));
}

TEST_CASE("the name of a drop-in decides who reads it")
{
    for (const char* const name : {"ftp", "#e#", "aa-bak", "CVS,v", "yaml", "~x"})
        CHECK(front_end_for(name) == FrontEnd::xinetd);
    for (const char* const name : {"ftp.yaml", "a.b.yml"})
        CHECK(front_end_for(name) == FrontEnd::yaml);
    for (const char* const name : {"x.conf", ".hid", "y~", ".x.yaml", "x.yaml~", "x.YAML", "."})
        CHECK(front_end_for(name) == FrontEnd::none);
    CHECK(front_end_for_named("/etc/x.conf~") == FrontEnd::xinetd);
    CHECK(front_end_for_named("/etc/x.yml") == FrontEnd::yaml);
}

} // namespace
} // namespace usherd::config

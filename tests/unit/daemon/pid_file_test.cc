// SPDX-License-Identifier: BSD-2-Clause

#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/pid_file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

namespace {

/// The current directory for the time of a test.
class InDirectory {
public:
    explicit InDirectory(const std::string& path) : before_(std::filesystem::current_path())
    {
        std::filesystem::current_path(path);
    }
    ~InDirectory() { std::filesystem::current_path(before_); }
    InDirectory(const InDirectory&) = delete;
    InDirectory& operator=(const InDirectory&) = delete;

private:
    std::filesystem::path before_;
};

} // namespace

TEST_CASE("a pid file has the pid and a line feed, mode 0644, and goes with its owner")
{
    const tests::TemporaryDirectory directory;
    {
        const auto created = PidFile::create(directory.path("pid"), 4711);
        REQUIRE(created);
        CHECK(directory.read("pid") == "4711\n");
        struct stat status {};
        REQUIRE(::stat(directory.path("pid").c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0644);
    }
    CHECK_FALSE(std::filesystem::exists(directory.path("pid")));
}

TEST_CASE("an older pid file is replaced")
{
    const tests::TemporaryDirectory directory;
    directory.write("pid", "something much longer than a pid\n");
    const auto created = PidFile::create(directory.path("pid"), 12);
    REQUIRE(created);
    CHECK(directory.read("pid") == "12\n");
}

TEST_CASE("a symbolic link is replaced, not followed")
{
    const tests::TemporaryDirectory directory;
    directory.write("precious", "untouched");
    std::filesystem::create_symlink(directory.path("precious"), directory.path("pid"));
    const auto created = PidFile::create(directory.path("pid"), 12);
    REQUIRE(created);
    CHECK(directory.read("precious") == "untouched");
    CHECK_FALSE(std::filesystem::is_symlink(directory.path("pid")));
}

TEST_CASE("a pid file with a relative name is removed from where it was made")
{
    const tests::TemporaryDirectory directory;
    {
        std::optional<InDirectory> start(std::in_place, directory.path());
        const auto created = PidFile::create("pid", 12);
        REQUIRE(created);
        start.reset(); // as chdir("/") does
        CHECK(std::filesystem::exists(directory.path("pid")));
    }
    CHECK_FALSE(std::filesystem::exists(directory.path("pid")));
}

TEST_CASE("another daemon's pid file of the same name is left alone")
{
    const tests::TemporaryDirectory directory;
    {
        const auto ours = PidFile::create(directory.path("pid"), 12);
        REQUIRE(ours);
        std::filesystem::rename(directory.path("pid"), directory.path("pid.old"));
        directory.write("pid", "13\n");
    }
    CHECK(directory.read("pid") == "13\n");
}

TEST_CASE("a pid file that is left stays")
{
    const tests::TemporaryDirectory directory;
    {
        auto created = PidFile::create(directory.path("pid"), 12);
        REQUIRE(created);
        PidFile moved(std::move(*created));
        moved.leave();
    }
    CHECK(directory.read("pid") == "12\n");
}

TEST_CASE("a pid file that cannot be made is an error that names the call")
{
    const tests::TemporaryDirectory directory;
    const auto nowhere = PidFile::create(directory.path("no/such/pid"), 12);
    REQUIRE_FALSE(nowhere);
    CHECK(to_string(nowhere.error()) == "open: No such file or directory (errno = 2)");
    const auto taken = PidFile::create(directory.path(), 12);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().call == std::string("unlink"));
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/ctl/ctl_harness.h"

namespace usherd::ctl {

namespace {

std::string file_with(const tests::TemporaryDirectory& directory, const std::string& name,
                      const std::string& text)
{
    std::string path = directory.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
}

} // namespace

TEST_CASE("usherctl convert prints the file in the other syntax")
{
    const tests::TemporaryDirectory directory;
    const std::string path =
        file_with(directory, "inetd.conf", "ftp stream tcp nowait root /bin/ftpd ftpd\n");
    const Answer answer = usherctl({"convert", "--to", "yaml", path});
    CHECK(answer.status == ExitStatus::done);
    CHECK(answer.err.empty());
    CHECK(answer.out == "service: ftp\nsocket_type: stream\nprotocol: tcp\nwait: no\nuser: root\n"
                        "groups: yes\nserver: /bin/ftpd\n");
    const Answer other = usherctl({"convert", "--from", "xinetd", "--to", "yaml", path});
    CHECK(other.status == ExitStatus::no);
}

TEST_CASE("usherctl convert lists what it could not translate, with the place, and says no")
{
    const tests::TemporaryDirectory directory;
    const std::string path =
        file_with(directory, "inetd.conf", "ftp stream tcp,sndbuf=1m nowait root /bin/ftpd ftpd\n");
    const Answer answer = usherctl({"convert", "--to", "xinetd", path});
    CHECK(answer.status == ExitStatus::no);
    CHECK(answer.err.find("inetd.conf:1:16: warning: 'sndbuf=1m' is ignored") != std::string::npos);
    CHECK(answer.out.find("service ftp") != std::string::npos);
}

TEST_CASE("usherctl convert says which file it cannot read")
{
    const Answer answer = usherctl({"convert", "--to", "yaml", "/nowhere/at/all"});
    CHECK(answer.status == ExitStatus::no);
    CHECK(answer.err == "usherctl: /nowhere/at/all: No such file or directory\n");
}

} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrapper_files.h"
#include "daemon/wrappers.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using usherd::core::WrapperNeed;
using usherd::daemon::WrapperFiles;

TEST_CASE("files of tcp_wrappers that are not there, or have no rules, need nothing")
{
    const usherd::tests::TemporaryDirectory directory;
    WrapperFiles files(directory.path("allow"), directory.path("deny"));
    CHECK(files.need() == WrapperNeed::nothing);
    CHECK(files.with_rules().empty());
    directory.write("deny", "# nothing yet\n\n");
    CHECK(files.need() == WrapperNeed::nothing);
}

TEST_CASE("rules of tcp_wrappers count as soon as they are written, and no longer than that")
{
    const usherd::tests::TemporaryDirectory directory;
    WrapperFiles files(directory.path("allow"), directory.path("deny"));
    REQUIRE(files.need() == WrapperNeed::nothing);
    directory.write("deny", "ALL: ALL\n");
    CHECK(files.need() == WrapperNeed::address);
    CHECK(files.with_rules() == directory.path("deny"));
    directory.write("allow", "sshd: .example.org\n");
    CHECK(files.need() == WrapperNeed::process);
    directory.write("allow", "");
    CHECK(files.need() == WrapperNeed::address);
    std::filesystem::remove(directory.path("deny"));
    CHECK(files.need() == WrapperNeed::nothing);
}

TEST_CASE("a file of tcp_wrappers that not everybody can read takes a process")
{
    const usherd::tests::TemporaryDirectory directory;
    directory.write("deny", "ALL: ALL\n");
    std::filesystem::permissions(directory.path("deny"), std::filesystem::perms::owner_read);
    WrapperFiles files(directory.path("allow"), directory.path("deny"));
    CHECK(files.need() == WrapperNeed::process);
}

TEST_CASE("a path of tcp_wrappers that is no file is not taken for an empty one")
{
    const usherd::tests::TemporaryDirectory directory;
    WrapperFiles files(directory.path(), directory.path("deny/none"));
    CHECK(files.need() == WrapperNeed::process);
}

TEST_CASE("NOLIBWRAP takes a service out of tcp_wrappers, and so does RPC over TCP")
{
    namespace config = usherd::config;
    namespace daemon = usherd::daemon;
    config::ServiceSpec spec;
    CHECK(spec.is_wrapped());
    spec.flags.add(config::ServiceFlag::nolibwrap);
    CHECK_FALSE(spec.is_wrapped());
    config::ServiceSpec rpc;
    rpc.types.add(config::ServiceType::rpc);
    CHECK_FALSE(rpc.is_wrapped());
    rpc.socket_type = config::SocketType::dgram;
    CHECK(rpc.is_wrapped());
}

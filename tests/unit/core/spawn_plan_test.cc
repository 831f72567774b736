// SPDX-License-Identifier: BSD-2-Clause
//
// Credentials are those observed of xinetd 2.3.15.3's handlers.

#include <set>
#include <sys/resource.h>

#include "daemon/core/spawn_plan.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using config::ResourceLimit;

const DaemonTraits root{.is_root = true};

config::ServiceSpec spec_for(std::uint32_t uid, std::uint32_t gid)
{
    config::ServiceSpec spec;
    spec.process->user = {.text = "", .uid = uid, .gid = gid, .has_account = true};
    return spec;
}

void set_limit(config::ServiceSpec& spec, ResourceLimit which, std::uint64_t value)
{
    spec.process->resource_limits[static_cast<std::size_t>(which)] = value;
}

} // namespace

TEST_CASE("user alone gives its uid and group, and no supplementary groups")
{
    const auto plan = make_template(spec_for(65534, 65533), root);
    CHECK(plan->uid == 65534U);
    CHECK(plan->gid == 65533U);
    CHECK(plan->set_groups);
    CHECK(plan->groups.empty());
}

TEST_CASE("with group and groups = yes the supplementary groups are the user's")
{
    auto spec = spec_for(65534, 65534);
    spec.process->group = {.text = "daemon", .gid = 1};
    spec.process->groups = true;
    spec.process->supplementary_groups = {65534, 20};
    const auto plan = make_template(spec, root);
    CHECK(plan->gid == 1U);
    CHECK(plan->groups == std::vector<std::uint32_t>{65534, 20});
    CHECK_FALSE(plan->groups_unknown);
}

TEST_CASE("groups = yes for a uid without account is a plan that fails at the groups")
{
    auto spec = spec_for(12345, 12345);
    spec.process->user->has_account = false;
    CHECK_FALSE(make_template(spec, root)->groups_unknown);
    spec.process->groups = true;
    CHECK(make_template(spec, root)->groups_unknown);
    CHECK_FALSE(make_template(spec, {.is_root = false})->groups_unknown);
}

TEST_CASE("group without user changes the group alone")
{
    config::ServiceSpec spec;
    spec.process->group = {.text = "daemon", .gid = 1};
    spec.process->groups = true;
    const auto plan = make_template(spec, root);
    CHECK_FALSE(plan->uid);
    CHECK(plan->gid == 1U);
    CHECK(plan->set_groups);
    CHECK(plan->groups.empty());
}

TEST_CASE("without user and group a handler stays what the daemon is")
{
    const auto plan = make_template({}, root);
    CHECK_FALSE(plan->uid);
    CHECK_FALSE(plan->gid);
    CHECK_FALSE(plan->set_groups);
}

TEST_CASE("without root only setuid is tried")
{
    auto spec = spec_for(65534, 65534);
    spec.process->group = {.text = "daemon", .gid = 1};
    spec.process->groups = true;
    const auto plan = make_template(spec, {.is_root = false});
    CHECK(plan->uid == 65534U);
    CHECK_FALSE(plan->gid);
    CHECK_FALSE(plan->set_groups);
}

TEST_CASE("open files are always limited, by the daemon's hard limit or rlimit_files")
{
    config::ServiceSpec spec;
    const DaemonTraits traits{.open_files_hard = 777};
    CHECK(make_template(spec, traits)->limits == std::vector<Limit>{{RLIMIT_NOFILE, 777}});
    set_limit(spec, ResourceLimit::files, 100);
    CHECK(make_template(spec, traits)->limits == std::vector<Limit>{{RLIMIT_NOFILE, 100}});
}

TEST_CASE("limits are set in xinetd's order, a limit of 0 is not set")
{
    config::ServiceSpec spec;
    set_limit(spec, ResourceLimit::stack, config::no_resource_limit);
    set_limit(spec, ResourceLimit::as, 1 << 20);
    set_limit(spec, ResourceLimit::cpu, 0);
    set_limit(spec, ResourceLimit::files, 0);
    CHECK(make_template(spec, {.open_files_hard = 50})->limits ==
          std::vector<Limit>{{RLIMIT_NOFILE, 50},
                             {RLIMIT_AS, 1 << 20},
                             {RLIMIT_STACK, config::no_resource_limit}});
}

TEST_CASE("umask is the service's, otherwise the daemon's")
{
    config::ServiceSpec spec;
    CHECK(make_template(spec, {.umask = 027})->umask == 027U);
    spec.process->umask = 0;
    CHECK(make_template(spec, {.umask = 027})->umask == 0U);
}

TEST_CASE("argv is handed over as it is, with a null pointer at its end")
{
    config::ServiceSpec spec;
    spec.process->server = "/usr/bin/rsync";
    spec.process->argv = {"in.rsync", "--daemon"};
    const SpawnPlan plan{make_template(spec, {}), {}};
    std::vector<char*> argv{nullptr, nullptr, nullptr, nullptr};
    std::vector<char*> envp;
    write_exec_arrays(plan, "", argv, envp);
    REQUIRE(argv.size() == 3);
    CHECK(argv[0] == std::string("in.rsync"));
    CHECK(argv[1] == std::string("--daemon"));
    CHECK(argv[2] == nullptr);
    CHECK(envp == std::vector<char*>{nullptr});
}

TEST_CASE("every step of a start has a name of its own")
{
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(SpawnStage::exec); ++i)
        names.insert(name(static_cast<SpawnStage>(i)));
    CHECK(names.size() == static_cast<std::size_t>(SpawnStage::exec) + 1);
}

} // namespace usherd::core

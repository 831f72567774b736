// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/spawn_plan.h"

#include <array>
#include <sys/resource.h>

namespace usherd::core {

namespace {

/// @see xinetd.conf(5), user, group, groups; without root only setuid is tried.
void set_credentials(SpawnTemplate& plan, const config::ServiceSpec& spec,
                     const DaemonTraits& traits)
{
    if (spec.process->user)
        plan.uid = spec.process->user->uid;
    if (!traits.is_root || (!spec.process->user && !spec.process->group))
        return;
    plan.gid = spec.process->group ? spec.process->group->gid : spec.process->user->gid;
    plan.set_groups = true;
    if (!spec.process->groups || !spec.process->user)
        return;
    plan.groups_unknown = !spec.process->user->has_account;
    plan.groups = spec.process->supplementary_groups;
}

struct LimitRow {
    config::ResourceLimit attribute;
    int resource;
};
// After open files, which is always set.
constexpr std::array limit_rows{
    LimitRow{config::ResourceLimit::as, RLIMIT_AS},
    LimitRow{config::ResourceLimit::cpu, RLIMIT_CPU},
    LimitRow{config::ResourceLimit::data, RLIMIT_DATA},
    LimitRow{config::ResourceLimit::rss, RLIMIT_RSS},
    LimitRow{config::ResourceLimit::stack, RLIMIT_STACK},
};

/// A limit of 0 is "not set", as in xinetd.
std::vector<Limit> make_limits(const config::ServiceSpec& spec, const DaemonTraits& traits)
{
    const auto given = [&](config::ResourceLimit attribute) {
        return spec.process->resource_limits[static_cast<std::size_t>(attribute)].value_or(0);
    };
    const std::uint64_t files = given(config::ResourceLimit::files);
    std::vector<Limit> limits{{RLIMIT_NOFILE, files != 0 ? files : traits.open_files_hard}};
    for (const LimitRow& row : limit_rows)
        if (const std::uint64_t value = given(row.attribute); value != 0)
            limits.push_back({row.resource, value});
    return limits;
}

} // namespace

std::shared_ptr<const SpawnTemplate> make_template(const config::ServiceSpec& spec,
                                                   const DaemonTraits& traits)
{
    const auto plan = std::make_shared<SpawnTemplate>();
    plan->path = spec.process->server;
    plan->argv = spec.process->argv;
    plan->env = environment_layout(spec, traits.environment);
    set_credentials(*plan, spec, traits);
    plan->umask = spec.process->umask.value_or(traits.umask);
    plan->nice = spec.process->nice;
    plan->limits = make_limits(spec, traits);
    plan->stderr_target = spec.process->stderr_target;
    plan->pass_fds = spec.process->pass_fds;
    plan->take_context = traits.has_selinux && spec.flags.has(config::ServiceFlag::labeled);
    plan->no_new_privs = spec.process->no_new_privs;
    return plan;
}

std::shared_ptr<const SpawnTemplate> changed(const SpawnTemplate& base, std::uint32_t umask,
                                             int nice_by)
{
    const auto plan = std::make_shared<SpawnTemplate>(base);
    plan->umask = umask;
    if (nice_by != 0)
        plan->nice = base.nice.value_or(0) + nice_by;
    return plan;
}

void write_exec_arrays(const SpawnPlan& plan, const char* listen_pid, std::vector<char*>& argv,
                       std::vector<char*>& envp)
{
    // execve(2) takes pointers to char and changes nothing.
    const auto changeable = [](const char* text) { return const_cast<char*>(text); };
    argv.clear();
    for (const std::string& argument : plan.base->argv)
        argv.push_back(changeable(argument.c_str()));
    argv.push_back(nullptr);
    envp.clear();
    for (const EnvironmentEntry& entry : plan.base->env) {
        const char* text = nullptr;
        if (const auto* fixed = std::get_if<std::string>(&entry))
            text = fixed->c_str();
        else if (const auto variable = std::get<HandlerVariable>(entry);
                 variable == HandlerVariable::listen_pid)
            text = listen_pid;
        else
            text = plan.connection_env.find(variable);
        if (text != nullptr)
            envp.push_back(changeable(text));
    }
    envp.push_back(nullptr);
}

std::string_view name(SpawnStage stage) noexcept
{
    switch (stage) {
    case SpawnStage::none:
        return "none";
    case SpawnStage::clone:
        return "clone";
    case SpawnStage::group:
        return "group";
    case SpawnStage::groups:
        return "groups";
    case SpawnStage::user:
        return "user";
    case SpawnStage::descriptors:
        return "descriptors";
    case SpawnStage::context:
        return "context";
    case SpawnStage::limits:
        return "limits";
    case SpawnStage::session:
        return "session";
    case SpawnStage::directory:
        return "directory";
    case SpawnStage::privileges:
        return "privileges";
    case SpawnStage::exec:
        return "exec";
    }
    return "none";
}

} // namespace usherd::core

// SPDX-License-Identifier: BSD-2-Clause
//
// UL004, UL006 to UL008, UL014, UL015: the program that serves a connection, and its arguments.

#include <algorithm>
#include <array>

#include "config-parser/lint_checks.h"

namespace usherd::config {

namespace {

constexpr std::uint64_t max_script_bytes = 256U << 10;

/// As whom the server will run.
struct Identity {
    std::uint32_t uid;
    std::uint32_t gid;
    const std::vector<std::uint32_t>& groups;
};

bool may_execute(const FileStatus& status, const Identity& who)
{
    if (who.uid == 0)
        return status.is_directory || (status.mode & 0111) != 0;
    if (who.uid == status.uid)
        return (status.mode & 0100) != 0;
    const bool in_group = who.gid == status.gid || std::find(who.groups.begin(), who.groups.end(),
                                                             status.gid) != who.groups.end();
    return (status.mode & (in_group ? 0010U : 0001U)) != 0;
}

void check_executable(LintRun& run, const ServiceSpec& spec)
{
    if (!spec.process->user)
        return;
    const Identity who{spec.process->user->uid,
                       spec.process->group ? spec.process->group->gid : spec.process->user->gid,
                       spec.process->supplementary_groups};
    const auto status = run.status(spec.process->server);
    if (!status)
        return; // the loader has told
    for (const std::string& directory : directories_above(spec.process->server)) {
        const auto above = run.status(directory);
        if (above && !may_execute(*above, who)) {
            run.report(Lint::server_not_executable, spec, "server",
                       fmt::format("user {} may not enter {} (mode {:04o}), where {} is",
                                   spec.process->user->text, directory, above->mode,
                                   spec.process->server));
            return;
        }
    }
    if (!may_execute(*status, who))
        run.report(Lint::server_not_executable, spec, "server",
                   fmt::format("user {} may not execute {} (mode {:04o}, user {}, group {})",
                               spec.process->user->text, spec.process->server, status->mode,
                               status->uid, status->gid));
}

/// Who can replace the program, besides root, the service's user and the one who asks.
std::string who_replaces(const FileStatus& status, const ServiceSpec& spec, std::uint32_t asker)
{
    constexpr std::uint32_t sticky = 01000;
    if (status.is_directory && (status.mode & sticky) != 0)
        return {};
    if ((status.mode & 0002) != 0)
        return fmt::format("everybody can write to it (mode {:04o})", status.mode);
    if ((status.mode & 0020) != 0 && status.gid != 0)
        return fmt::format("group {} can write to it (mode {:04o})", status.gid, status.mode);
    const bool own = spec.process->user && spec.process->user->uid == status.uid;
    if (status.uid != 0 && status.uid != asker && !own)
        return fmt::format("it belongs to user {}", status.uid);
    return {};
}

void check_replaceable(LintRun& run, const ServiceSpec& spec)
{
    std::vector<std::string> paths = directories_above(spec.process->server);
    paths.push_back(spec.process->server);
    for (const std::string& path : paths) {
        const auto status = run.status(path);
        const std::string who = status ? who_replaces(*status, spec, run.options().uid) : "";
        if (who.empty())
            continue;
        run.report(Lint::server_writable, spec, "server", fmt::format("{}: {}", path, who));
        return;
    }
}

void check_setuid(LintRun& run, const ServiceSpec& spec)
{
    constexpr std::uint32_t set_user_id = 04000, set_group_id = 02000;
    const auto status =
        spec.process->no_new_privs ? run.status(spec.process->server) : std::optional<FileStatus>{};
    if (status && !status->is_directory && (status->mode & (set_user_id | set_group_id)) != 0)
        run.report(Lint::setuid_in_vain, spec, "server",
                   fmt::format("{} (mode {:04o}) gets no ids of its own with no_new_privs = yes",
                               spec.process->server, status->mode));
}

void check_arguments(LintRun& run, const ServiceSpec& spec)
{
    const std::string_view program = base_name(spec.process->server);
    const bool named = spec.flags.has(ServiceFlag::nameinargs);
    const auto& argv = spec.process->argv;
    if (!named && argv.size() > 1 && (argv[1] == program || argv[1] == spec.process->server))
        run.report(Lint::argv0_doubled, spec, "server_args",
                   fmt::format("the program gets its name twice: {} {}", argv[0], argv[1]));
    // A login shell's name begins with a dash.
    if (named && !argv.empty() && argv[0].starts_with('-') && argv[0].substr(1) != program)
        run.report(Lint::argv0_missing, spec, "server_args",
                   fmt::format("with NAMEINARGS the first word, '{}', is the program's name and "
                               "no option",
                               argv[0]));
    if (!named && program == "tcpd")
        run.report(Lint::argv0_missing, spec, "server",
                   "tcpd learns from argv[0] what to start: without NAMEINARGS that is tcpd");
}

bool prints_http(LintRun& run, const std::string& path)
{
    if (!path.starts_with('/'))
        return false;
    const auto text = run.text(path, max_script_bytes);
    return text != nullptr && text->starts_with("#!") && text->find("HTTP/1.") != std::string::npos;
}

/// By its name, or as a script that has the first line of an answer in it.
bool is_http(LintRun& run, const ServiceSpec& spec)
{
    constexpr std::array<std::string_view, 6> interpreters{"sh",      "bash", "dash",
                                                           "python3", "perl", "ruby"};
    const std::string_view program = base_name(spec.process->server);
    if (program.find("httpd") != std::string_view::npos || prints_http(run, spec.process->server))
        return true;
    return std::find(interpreters.begin(), interpreters.end(), program) != interpreters.end() &&
           std::any_of(spec.process->argv.begin(), spec.process->argv.end(),
                       [&run](const std::string& word) { return prints_http(run, word); });
}

void check_stderr(LintRun& run, const ServiceSpec& spec)
{
    if (spec.process->stderr_target == StderrTarget::client && !spec.wait && is_http(run, spec))
        run.report(Lint::stderr_to_client, spec, "server",
                   fmt::format("{} answers in HTTP, and what it writes to stderr goes to the "
                               "client",
                               base_name(spec.process->server)));
}

} // namespace

void lint_servers(LintRun& run)
{
    for (const SpecPointer& spec : run.loaded().services) {
        if (spec->process->server.empty() || spec->is_internal() || spec->settings->redirect)
            continue;
        check_executable(run, *spec);
        check_replaceable(run, *spec);
        check_setuid(run, *spec);
        check_arguments(run, *spec);
        check_stderr(run, *spec);
    }
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// The list of rules. Ids are for ever: scripts and suppressions name them.

#include <array>

#include "config-parser/lint.h"

namespace usherd::config {

namespace {

constexpr std::array rules{
    LintRule{Lint::duplicate_entry, "UL001", "duplicate-entry", Severity::warning,
             "An entry stands twice in one address list.", "Remove one of the two."},
    LintRule{Lint::shadowed_entry, "UL002", "shadowed-entry", Severity::warning,
             "An entry of an address list lies inside another one and changes nothing.",
             "Remove the narrower entry, or narrow the wider one."},
    LintRule{Lint::in_both_lists, "UL003", "in-both-lists", Severity::warning,
             "What only_from names is refused by no_access all the same.",
             "Remove it from one of the lists, or say access_match = closest."},
    LintRule{Lint::server_not_executable, "UL004", "server-not-executable", Severity::error,
             "The service's user may not execute its server.",
             "Give the file, and the directories above it, the x that the user needs."},
    LintRule{Lint::file_writable, "UL005", "file-writable", Severity::warning,
             "Others than root can change a configuration file.",
             "chown root:root and chmod go-w the file and its directory."},
    LintRule{Lint::server_writable, "UL006", "server-writable", Severity::warning,
             "Others than root and the service's user can replace the server.",
             "chown root:root and chmod go-w the program and the directories above it."},
    LintRule{Lint::argv0_doubled, "UL007", "argv0-doubled", Severity::warning,
             "server_args begins with the program's name, which is argv[0] already.",
             "Remove the first word of server_args, or say flags = NAMEINARGS."},
    LintRule{Lint::argv0_missing, "UL008", "argv0-missing", Severity::warning,
             "The program's name is missing where server_args has to begin with it.",
             "Begin server_args with the name of the program, and say flags = NAMEINARGS."},
    LintRule{Lint::skipped_file, "UL009", "skipped-file", Severity::warning,
             "A drop-in is not read because of its name.",
             "Rename it: no dot and no ~ at the end, except for *.yaml and *.yml."},
    LintRule{Lint::shared_port, "UL010", "shared-port", Severity::warning,
             "Two services have one port, one of them for all addresses.",
             "Give both an address, or one of them another port."},
    LintRule{Lint::cap_above_descriptors, "UL011", "cap-above-descriptors", Severity::warning,
             "instances allows more connections than the daemon has descriptors for.",
             "Lower instances, or raise the limit (LimitNOFILE= of the unit, ulimit -n)."},
    LintRule{Lint::udp_open, "UL012", "udp-open", Severity::warning,
             "An internal UDP service answers the whole world, forged senders among it.",
             "Give only_from, or a loopback address to bind; or disable the service."},
    LintRule{Lint::agent_open, "UL013", "agent-open", Severity::warning,
             "An agent of monitoring or administration has no list of who may ask it.",
             "Give only_from with the addresses of the servers that ask."},
    LintRule{Lint::stderr_to_client, "UL014", "stderr-to-client", Severity::warning,
             "What an HTTP handler writes to stderr goes into the answer.", "Say stderr = log."},
    LintRule{Lint::setuid_in_vain, "UL015", "setuid-in-vain", Severity::warning,
             "The server is set-user-ID or set-group-ID, which no_new_privs takes from it.",
             "Say no_new_privs = no, or start it as the user that it needs to be."},
};
static_assert(rules.size() == lint_count);
static_assert([] {
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (rules[i].lint != static_cast<Lint>(i))
            return false;
    return true;
}());

} // namespace

std::span<const LintRule> lint_rules() noexcept
{
    return rules;
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// The rows, in the order of xinetd.conf(5), ours at the end.

#include "config-parser/attribute_table.h"

#include <algorithm>
#include <array>

#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"

namespace usherd::config {

namespace {

using namespace std::string_view_literals;

constexpr Row single(std::string_view name, Scope scope, int words, Setter set)
{
    return {name, scope, Operators::set_only, Repeat::first_wins, words, false, set};
}

constexpr Row list(std::string_view name, Scope scope, Setter set)
{
    return {name, scope, Operators::all, Repeat::is_a_list, any_count, false, set};
}

constexpr Row ours(std::string_view name, Scope scope, Setter set)
{
    return {name, scope, Operators::set_only, Repeat::first_wins, 1, true, set};
}

constexpr auto service = Scope::service_only;
constexpr auto both = Scope::anywhere;

constexpr std::array table{
    single("id", service, 1, setters::set_id),
    single("type", service, at_least_one, setters::set_type),
    single("flags", service, at_least_one, setters::set_flags),
    single("disable", service, 1, setters::set_disable),
    single("socket_type", service, 1, setters::set_socket_type),
    single("protocol", service, 1, setters::set_protocol),
    single("wait", service, 1, setters::set_wait),
    single("user", service, 1, setters::set_user),
    single("group", service, 1, setters::set_group),
    single("groups", both, 1, setters::set_groups),
    single("instances", both, 1, setters::set_instances),
    single("per_source", both, 1, setters::set_per_source),
    single("cps", both, 2, setters::set_cps),
    single("max_load", both, 1, setters::set_max_load),
    single("nice", service, 1, setters::set_nice),
    single("server", service, 1, setters::set_server),
    single("server_args", service, at_least_one, setters::set_server_args),
    list("only_from", both, setters::set_only_from),
    list("no_access", both, setters::set_no_access),
    single("access_times", service, at_least_one, setters::set_access_times),
    // A second one is ignored in a service but an error in `defaults`: the setter decides.
    Row{"log_type", both, Operators::any_in_defaults, Repeat::is_a_list, at_least_one, false,
        setters::set_log_type},
    list("log_on_success", both, setters::set_log_on_success),
    list("log_on_failure", both, setters::set_log_on_failure),
    single("rpc_version", service, 1, setters::set_rpc_version),
    single("rpc_number", service, 1, setters::set_rpc_number),
    // `-=` is not ignored but a bad value: the setter decides.
    list("env", service, setters::set_env),
    list("passenv", both, setters::set_passenv),
    single("port", service, 1, setters::set_port),
    single("redirect", service, 2, setters::set_redirect),
    single("bind", both, 1, setters::set_bind),
    single("interface", both, 1, setters::set_bind),
    single("banner", both, 1, setters::set_banner),
    single("banner_success", both, 1, setters::set_banner_success),
    single("banner_fail", both, 1, setters::set_banner_fail),
    single("umask", both, 1, setters::set_umask),
    list("enabled", Scope::defaults_only, setters::set_enabled),
    list("disabled", Scope::defaults_only, setters::set_disabled),
    single("rlimit_as", service, 1, setters::set_rlimit_as),
    single("rlimit_cpu", service, 1, setters::set_rlimit_cpu),
    single("rlimit_data", service, 1, setters::set_rlimit_data),
    single("rlimit_files", service, 1, setters::set_rlimit_files),
    single("rlimit_rss", service, 1, setters::set_rlimit_rss),
    single("rlimit_stack", service, 1, setters::set_rlimit_stack),
    single("deny_time", service, 1, setters::set_deny_time),
    single("v6only", both, 1, setters::set_v6only),
    single("libwrap", service, 1, setters::set_libwrap),

    Row{"listen", service, Operators::set_and_add, Repeat::is_a_list, at_least_one, true,
        setters::set_listen},
    ours("backlog", both, setters::set_backlog),
    ours("freebind", both, setters::set_freebind),
    ours("socket_mode", both, setters::set_socket_mode),
    ours("socket_owner", both, setters::set_socket_owner),
    ours("socket_group", both, setters::set_socket_group),
    ours("status_group", Scope::defaults_only, setters::set_status_group),
    ours("stderr", both, setters::set_stderr),
    ours("max_runtime", both, setters::set_max_runtime),
    ours("kill_grace", both, setters::set_kill_grace),
    ours("limit_action", both, setters::set_limit_action),
    ours("cps_action", both, setters::set_cps_action),
    ours("access_match", both, setters::set_access_match),
    ours("pass_fds", service, setters::set_pass_fds),
    ours("no_new_privs", both, setters::set_no_new_privs),
};

/// Without regard to case; of a name that is not empty.
constexpr std::size_t hash_of(std::string_view name) noexcept
{
    constexpr unsigned case_bit = 0x20;
    const auto at = [name](std::size_t place) {
        return static_cast<std::size_t>(static_cast<unsigned char>(name[place]) | case_bit);
    };
    return name.size() + 3 * at(0) + 7 * at(name.size() / 2) + 31 * at(name.size() - 1);
}

// Names are looked up for each attribute of each file: with thousands of files a binary search was
// among the dearest parts of a start.
constexpr std::size_t slot_count = 256;
constexpr std::uint16_t no_row = table.size();
static_assert(table.size() <= slot_count / 2);

/// A name's row is where its hash says, or in the first of the next slots that was free.
constexpr auto slots = [] {
    std::array<std::uint16_t, slot_count> rows{};
    rows.fill(no_row);
    for (std::size_t row = 0; row < table.size(); ++row) {
        std::size_t slot = hash_of(table[row].name) % slot_count;
        while (rows[slot] != no_row)
            slot = (slot + 1) % slot_count;
        rows[slot] = static_cast<std::uint16_t>(row);
    }
    return rows;
}();

} // namespace

std::span<const Row> attribute_table() noexcept
{
    return table;
}

std::optional<std::uint16_t> find_attribute(std::string_view name) noexcept
{
    if (name.empty())
        return std::nullopt;
    const auto is_it = [name](std::uint16_t row) {
        return table[row].name == name || equal_ignoring_case(table[row].name, name);
    };
    std::size_t slot = hash_of(name) % slot_count;
    while (slots[slot] != no_row && !is_it(slots[slot]))
        slot = (slot + 1) % slot_count;
    if (slots[slot] == no_row)
        return std::nullopt;
    return slots[slot];
}

std::string_view suggest_attribute(std::string_view name) noexcept
{
    std::string_view closest;
    std::size_t best = plausible_slips(name.size()) + 1;
    for (const Row& row : table) {
        const std::size_t distance = edit_distance(name, row.name, best);
        if (distance < best) {
            best = distance;
            closest = row.name;
        }
    }
    return closest;
}

} // namespace usherd::config

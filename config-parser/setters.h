// SPDX-License-Identifier: BSD-2-Clause
//
// What turns the words of each attribute into fields of the draft; attribute_table.cc names them
// in its rows. A setter may rely on its row's word count and operators having been checked.

#pragma once

#include "config-parser/attribute_table.h"

namespace usherd::config::setters {

// setters_identity.cc: what the service is
bool set_id(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_flags(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_disable(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_socket_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_protocol(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_wait(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rpc_version(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rpc_number(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_enabled(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_disabled(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_process.cc: the server process
bool set_user(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_groups(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_server(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_server_args(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_env(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_passenv(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_nice(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_umask(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_limits.cc: how much of it
bool set_instances(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_per_source(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_cps(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_max_load(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_as(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_cpu(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_data(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_files(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_rss(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_rlimit_stack(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_access.cc: who may come in
bool set_only_from(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_no_access(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_access_times(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_deny_time(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_libwrap(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_banner(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_banner_success(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_banner_fail(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_log.cc: what is written down
bool set_log_type(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_log_on_success(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_log_on_failure(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_network.cc: where it listens and connects
bool set_port(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_bind(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_v6only(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_redirect(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

// setters_extensions.cc: what xinetd never had
bool set_listen(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_backlog(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_freebind(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_socket_mode(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_socket_owner(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_socket_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_stderr(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_max_runtime(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_kill_grace(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_limit_action(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_cps_action(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_access_match(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_status_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_no_new_privs(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);
bool set_pass_fds(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

} // namespace usherd::config::setters

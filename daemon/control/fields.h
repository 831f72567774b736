// SPDX-License-Identifier: BSD-2-Clause
//
// The members of each value, once: json.cc writes and reads by the same list. Private to it.
// A visitor is called with each member's name and the member; optional ones are left out of the
// JSON when they are empty.

#pragma once

#include <concepts>

#include "daemon/control/activity.h"
#include "daemon/control/plan.h"
#include "daemon/control/request.h"
#include "daemon/control/status.h"
#include "daemon/control/trace.h"

namespace usherd::control {

/// V is T or const T: one list of members for writing and for reading.
template <typename V, typename T>
concept Of = std::same_as<std::remove_const_t<V>, T>;

template <typename F, Of<ServiceTotals> V>
void fields(F& f, V& v)
{
    f("total", v.total);
    f("active", v.active);
    f("suspended", v.suspended);
    f("handed_over", v.handed_over);
    f("out_of_service", v.out_of_service);
    f("disabled", v.disabled);
    f("draining", v.draining);
    f("stale", v.stale);
}

template <typename F, Of<ReloadTotals> V>
void fields(F& f, V& v)
{
    f("done", v.done);
    f("failed", v.failed);
    f("last", v.last);
    f("last_failure", v.last_failure);
}

template <typename F, Of<DaemonStatus> V>
void fields(F& f, V& v)
{
    f("version", v.version);
    f("program", v.program);
    f("pid", v.pid);
    f("uid", v.uid);
    f("started", v.started);
    f("now", v.now);
    f("config_file", v.config_file);
    f("services", v.services);
    f("reloads", v.reloads);
    f("running", v.running);
    f("process_limit", v.process_limit);
    f("accepted", v.accepted);
    f("started_handlers", v.started_handlers);
    f("refused", v.refused);
    f("open_descriptors", v.open_descriptors);
    f("descriptor_limit", v.descriptor_limit);
    f("first_event", v.first_event);
    f("next_event", v.next_event);
    f("bans", v.bans);
    f("sensed", v.sensed);
}

template <typename F, Of<LastEvent> V>
void fields(F& f, V& v)
{
    f("at", v.at);
    f("kind", v.kind);
    f("reason", v.reason);
}

template <typename F, Of<Place> V>
void fields(F& f, V& v)
{
    f("file", v.file);
    f("line", v.line);
    f("column", v.column);
}

template <typename F, Of<ServiceSummary> V>
void fields(F& f, V& v)
{
    f("id", v.id);
    f("key", v.key);
    f("name", v.name);
    f("kind", v.kind);
    f("state", v.state);
    f("state_reason", v.state_reason);
    f("stale", v.stale);
    f("socket_type", v.socket_type);
    f("protocol", v.protocol);
    f("wait", v.wait);
    f("addresses", v.addresses);
    f("user", v.user);
    f("running", v.running);
    f("instances", v.instances);
    f("accepted", v.accepted);
    f("started", v.started);
    f("refused", v.refused);
    f("refused_by", v.refused_by);
    f("last_event", v.last_event);
    f("place", v.place);
}

template <typename F, Of<ServiceList> V>
void fields(F& f, V& v)
{
    f("services", v.services);
}

template <typename F, Of<AttributeValue> V>
void fields(F& f, V& v)
{
    f("name", v.name);
    f("value", v.value);
    f("inherited", v.inherited);
    f("place", v.place);
}

template <typename F, Of<Headroom> V>
void fields(F& f, V& v)
{
    f("limit", v.limit);
    f("used", v.used);
    f("of", v.of);
}

/// The summary's members stand beside the others.
template <typename F, Of<ServiceDetail> V>
void fields(F& f, V& v)
{
    fields(f, v.summary);
    f("attributes", v.attributes);
    f("headroom", v.headroom);
    f("suspended_until", v.suspended_until);
    f("holders", v.holders);
    f("sources", v.sources);
    f("waiting_for_name", v.waiting_for_name);
}

template <typename F, Of<ServiceDetails> V>
void fields(F& f, V& v)
{
    f("services", v.services);
}

template <typename F, Of<Connection> V>
void fields(F& f, V& v)
{
    f("pid", v.pid);
    f("service", v.service);
    f("kind", v.kind);
    f("from", v.from);
    f("port", v.port);
    f("since", v.since);
    f("user", v.user);
    f("ending", v.ending);
}

template <typename F, Of<ConnectionList> V>
void fields(F& f, V& v)
{
    f("connections", v.connections);
}

template <typename F, Of<KillAnswer> V>
void fields(F& f, V& v)
{
    f("pid", v.pid);
    f("service", v.service);
    f("kill_grace_seconds", v.kill_grace_seconds);
}

template <typename F, Of<Event> V>
void fields(F& f, V& v)
{
    f("seq", v.seq);
    f("at", v.at);
    f("kind", v.kind);
    f("service", v.service);
    f("reason", v.reason);
    f("from", v.from);
    f("port", v.port);
    f("pid", v.pid);
    f("status", v.status);
    f("signal", v.signal);
    f("duration_ms", v.duration_ms);
    f("user_ms", v.user_ms);
    f("system_ms", v.system_ms);
    f("max_rss_kb", v.max_rss_kb);
    f("state", v.state);
    f("count", v.count);
}

template <typename F, Of<SourceCount> V>
void fields(F& f, V& v)
{
    f("source", v.source);
    f("count", v.count);
    f("error", v.error);
    f("accepted", v.accepted);
    f("refused", v.refused);
}

template <typename F, Of<SourceLists> V>
void fields(F& f, V& v)
{
    f("total", v.total);
    f("addresses", v.addresses);
    f("blocks", v.blocks);
}

template <typename F, Of<Ban> V>
void fields(F& f, V& v)
{
    f("source", v.source);
    f("reason", v.reason);
    f("since", v.since);
    f("until", v.until);
    f("hits", v.hits);
}

template <typename F, Of<BanList> V>
void fields(F& f, V& v)
{
    f("bans", v.bans);
    f("sensed", v.sensed);
}

template <typename F, Of<BanOrder> V>
void fields(F& f, V& v)
{
    f("source", v.source);
    f("seconds", v.seconds);
    f("reason", v.reason);
}

template <typename F, Of<TraceRule> V>
void fields(F& f, V& v)
{
    f("text", v.text);
    f("place", v.place);
}

template <typename F, Of<TraceStep> V>
void fields(F& f, V& v)
{
    f("check", v.check);
    f("verdict", v.verdict);
    f("text", v.text);
    f("used", v.used);
    f("limit", v.limit);
    f("rule", v.rule);
}

template <typename F, Of<Trace> V>
void fields(F& f, V& v)
{
    f("service", v.service);
    f("from", v.from);
    f("host_name", v.host_name);
    f("at", v.at);
    f("live", v.live);
    f("steps", v.steps);
    f("admitted", v.admitted);
    f("reason", v.reason);
}

template <typename F, Of<TraceList> V>
void fields(F& f, V& v)
{
    f("traces", v.traces);
}

template <typename F, Of<PlanDiagnostic> V>
void fields(F& f, V& v)
{
    f("severity", v.severity);
    f("place", v.place);
    f("message", v.message);
    f("suggestion", v.suggestion);
    f("service", v.service);
}

template <typename F, Of<AttributeChange> V>
void fields(F& f, V& v)
{
    f("attribute", v.attribute);
    f("from", v.from);
    f("to", v.to);
}

template <typename F, Of<AddedService> V>
void fields(F& f, V& v)
{
    f("id", v.id);
    f("addresses", v.addresses);
    f("place", v.place);
}

template <typename F, Of<ChangedService> V>
void fields(F& f, V& v)
{
    f("id", v.id);
    f("changes", v.changes);
    f("listener", v.listener);
    f("sessions", v.sessions);
}

template <typename F, Of<RemovedService> V>
void fields(F& f, V& v)
{
    f("id", v.id);
    f("why", v.why);
    f("sessions", v.sessions);
}

template <typename F, Of<StaleService> V>
void fields(F& f, V& v)
{
    f("id", v.id);
    f("why", v.why);
}

template <typename F, Of<ReloadAnswer> V>
void fields(F& f, V& v)
{
    f("error", v.error);
    f("message", v.message);
    f("dry_run", v.dry_run);
    f("applied", v.applied);
    f("added", v.added);
    f("changed", v.changed);
    f("removed", v.removed);
    f("stale", v.stale);
    f("unchanged", v.unchanged);
    f("errors", v.errors);
    f("warnings", v.warnings);
    f("diagnostics", v.diagnostics);
}

template <typename F, Of<Error> V>
void fields(F& f, V& v)
{
    f("error", v.error);
    f("message", v.message);
}

} // namespace usherd::control

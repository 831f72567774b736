// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon and its services.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/ctl/render.h"

namespace usherd::ctl {

namespace {

std::string services_text(const control::ServiceTotals& totals)
{
    std::string text = fmt::format("{}", totals.total);
    const char* before = ": ";
    const auto add = [&](std::uint64_t count, const char* what) {
        if (count == 0)
            return;
        text += fmt::format("{}{} {}", before, count, what);
        before = ", ";
    };
    add(totals.active, "active");
    add(totals.suspended, "suspended");
    add(totals.handed_over, "handed over");
    add(totals.out_of_service, "out of service");
    add(totals.disabled, "disabled");
    add(totals.draining, "draining");
    add(totals.stale, "stale");
    return text;
}

std::string reloads_text(const control::ReloadTotals& reloads)
{
    std::string text = fmt::format("{} done, {} failed", reloads.done, reloads.failed);
    if (reloads.last)
        text += ", last " + local_time(*reloads.last);
    if (reloads.last_failure)
        text += "; the last one was refused: " + *reloads.last_failure;
    return text;
}

std::string of_limit(std::uint64_t used, const std::optional<std::uint64_t>& limit)
{
    return limit ? fmt::format("{} of {}", grouped(used), grouped(*limit)) : grouped(used);
}

std::string refused_text(std::uint64_t total, const control::CountByName& reasons)
{
    const std::string by = counts_text(reasons);
    return by.empty() ? grouped(total) : fmt::format("{}: {}", grouped(total), by);
}

std::string addresses_text(const std::vector<std::string>& addresses)
{
    return addresses.empty() ? "-" : fmt::format("{}", fmt::join(addresses, ", "));
}

std::string last_event_text(const std::optional<control::LastEvent>& event, control::Time now)
{
    if (!event)
        return "-";
    const std::string what =
        event->reason ? fmt::format("{} ({})", event->kind, *event->reason) : event->kind;
    return fmt::format("{} {} ago", what, for_people(now - event->at));
}

std::string state_text(const control::ServiceSummary& service)
{
    return service.stale ? service.state + ", stale" : service.state;
}

void add_summary(Facts& facts, const control::ServiceSummary& service, control::Time now)
{
    facts.add("service",
              service.id == service.name ? service.id
                                         : fmt::format("{} ({})", service.id, service.name),
              Color::bold);
    facts.add("state", state_text(service), state_color(service.state));
    if (service.state_reason)
        facts.add("because", *service.state_reason);
    if (service.stale)
        facts.add("stale", "its new text is not in force: " + *service.stale, Color::yellow);
    facts.add("listens on", addresses_text(service.addresses));
    facts.add("kind", fmt::format("{}, {}{}{}", service.kind, service.socket_type,
                                  service.protocol.empty() ? "" : " " + service.protocol,
                                  service.wait ? ", wait" : ""));
    if (service.user)
        facts.add("user", *service.user);
    facts.add("running", of_limit(service.running, service.instances));
    facts.add("accepted", grouped(service.accepted));
    facts.add("started", grouped(service.started));
    facts.add("refused", refused_text(service.refused, service.refused_by));
    facts.add("last event", last_event_text(service.last_event, now));
    facts.add("written in", place_text(service.place));
}

std::string headroom_text(const std::vector<control::Headroom>& headroom, const Style& style)
{
    Table table({{"LIMIT"}, {"USED", Align::right}, {"OF", Align::right}, {"LEFT", Align::right}});
    for (const control::Headroom& one : headroom) {
        const bool known = one.used.has_value();
        const std::uint64_t left = known && one.of > *one.used ? one.of - *one.used : 0;
        table.add({one.limit,
                   known ? grouped(*one.used) : "-",
                   grouped(one.of),
                   {known ? grouped(left) : "-", known && left == 0 ? Color::red : Color::none}});
    }
    return table.empty() ? "" : "\n" + table.text(style);
}

std::string attributes_text(const std::vector<control::AttributeValue>& attributes,
                            const Style& style)
{
    Table table({{"ATTRIBUTE"}, {"VALUE", Align::left, true}, {"WHERE", Align::left, true}});
    for (const control::AttributeValue& one : attributes) {
        const std::string where =
            !one.place ? "(built in)"
                       : place_text(*one.place) + (one.inherited ? " (defaults)" : "");
        table.add({one.name, one.value, {where, one.place ? Color::none : Color::dim}});
    }
    return table.empty() ? "" : "\n" + table.text(style);
}

std::string detail_text(const control::ServiceDetail& detail, control::Time now, const Style& style)
{
    Facts facts;
    add_summary(facts, detail.summary, now);
    if (detail.suspended_until)
        facts.add("suspended", "until " + local_time(*detail.suspended_until), Color::yellow);
    if (!detail.holders.empty())
        facts.add("sockets held by", fmt::format("{}", fmt::join(detail.holders, ", ")));
    facts.add("sources", grouped(detail.sources));
    if (detail.waiting_for_name > 0)
        facts.add("waiting", fmt::format("{} clients whose name is being looked up",
                                         grouped(detail.waiting_for_name)));
    return facts.text(style) + headroom_text(detail.headroom, style) +
           attributes_text(detail.attributes, style);
}

} // namespace

std::string place_text(const control::Place& place)
{
    std::string text = place.file;
    if (place.line > 0)
        text += fmt::format(":{}", place.line);
    if (place.line > 0 && place.column > 0)
        text += fmt::format(":{}", place.column);
    return text.empty() ? "-" : text;
}

std::string counts_text(const control::CountByName& counts)
{
    std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
    std::erase_if(sorted, [](const auto& one) { return one.second == 0; });
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
        return left.second > right.second;
    });
    std::string text;
    for (const auto& [name, count] : sorted)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), name);
    return text;
}

Color state_color(std::string_view state) noexcept
{
    if (state == "active" || state == "handed_over")
        return Color::green;
    if (state == "disabled")
        return Color::dim;
    return state == "suspended" || state == "draining" ? Color::yellow : Color::red;
}

std::string render(const control::DaemonStatus& status, const Style& style)
{
    std::uint64_t refused = 0;
    for (const auto& [reason, count] : status.refused)
        refused += count;
    Facts facts;
    facts.add("daemon",
              fmt::format("{} {}, process {}, user {}", status.program, status.version, status.pid,
                          status.uid),
              Color::bold);
    facts.add("up", fmt::format("{}, since {}", for_people(status.now - status.started),
                                local_time(status.started)));
    facts.add("configuration", status.config_file);
    facts.add("services", services_text(status.services));
    facts.add("reloads", reloads_text(status.reloads),
              status.reloads.last_failure ? Color::yellow : Color::none);
    facts.add("running", of_limit(status.running, status.process_limit));
    facts.add("accepted", grouped(status.accepted));
    facts.add("started", grouped(status.started_handlers));
    facts.add("refused", refused_text(refused, status.refused));
    facts.add("descriptors", of_limit(status.open_descriptors, status.descriptor_limit));
    facts.add("events",
              status.next_event <= status.first_event
                  ? std::string("none yet")
                  : fmt::format("{} to {} are kept", status.first_event, status.next_event - 1));
    facts.add("bans", grouped(status.bans));
    if (status.sensed > 0)
        facts.add("sensed", fmt::format("{} have touched a sensor", grouped(status.sensed)));
    return facts.text(style);
}

std::string render(const control::ServiceList& list, control::Time now, const Style& style)
{
    Table table({{"SERVICE", Align::left, true},
                 {"STATE", Align::left, true},
                 {"ADDRESS", Align::left, true},
                 {"RUNNING", Align::right},
                 {"ACCEPTED", Align::right},
                 {"REFUSED", Align::right},
                 {"LAST EVENT", Align::left, true}});
    for (const control::ServiceSummary& service : list.services) {
        const std::string running = service.instances
                                        ? fmt::format("{}/{}", service.running, *service.instances)
                                        : fmt::format("{}", service.running);
        table.add({service.id,
                   {state_text(service), state_color(service.state)},
                   addresses_text(service.addresses),
                   running,
                   grouped(service.accepted),
                   grouped(service.refused),
                   last_event_text(service.last_event, now)});
    }
    return table.text(style);
}

std::string render(const control::ServiceDetails& details, control::Time now, const Style& style)
{
    std::string text;
    for (const control::ServiceDetail& detail : details.services)
        text += (text.empty() ? "" : "\n") + detail_text(detail, now, style);
    return text;
}

} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause
//
// Requests as a client sends them; the other direction is request.cc.

#include <array>

#include <fmt/format.h>

#include "daemon/control/json.h"
#include "daemon/control/request.h"
#include "daemon/control/target.h"

namespace usherd::control {

namespace {

/// Puts a query behind a path.
class Query {
public:
    explicit Query(std::string path) : target_(std::move(path)) {}

    Query& add(std::string_view name, const std::optional<std::string>& value)
    {
        if (value) {
            target_.append(first_ ? "?" : "&").append(name).append("=");
            target_ += percent_encoded(*value);
            first_ = false;
        }
        return *this;
    }
    Query& add_flag(std::string_view name, bool value)
    {
        return value ? add(name, std::string("1")) : *this;
    }
    [[nodiscard]] std::string target() && { return std::move(target_); }

private:
    std::string target_;
    bool first_ = true;
};

struct ToWire {
    WireRequest operator()(const GetStatus& /*r*/) const { return {Method::get, "/v1/status", {}}; }
    WireRequest operator()(const GetServices& /*r*/) const
    {
        return {Method::get, "/v1/services", {}};
    }
    WireRequest operator()(const GetService& r) const
    {
        return {Method::get, "/v1/services/" + percent_encoded(r.id), {}};
    }
    WireRequest operator()(const SwitchService& r) const
    {
        constexpr std::array<std::string_view, 3> words{"enable", "disable", "drain"};
        Query query(fmt::format("/v1/services/{}/{}", percent_encoded(r.id),
                                words[static_cast<std::size_t>(r.to)]));
        query.add_flag("kill", r.kill);
        return {Method::post, std::move(query).target(), {}};
    }
    WireRequest operator()(const GetConnections& r) const
    {
        Query query("/v1/connections");
        query.add("service", r.service);
        return {Method::get, std::move(query).target(), {}};
    }
    WireRequest operator()(const KillConnection& r) const
    {
        return {Method::post, fmt::format("/v1/connections/{}/kill", r.pid), {}};
    }
    WireRequest operator()(const GetSources& r) const
    {
        return {Method::get, fmt::format("/v1/sources?top={}", r.top), {}};
    }
    WireRequest operator()(const GetEvents& r) const
    {
        Query query("/v1/events");
        if (r.since)
            query.add("since", fmt::format("{}", *r.since));
        query.add_flag("follow", r.follow).add("service", r.service).add("reason", r.reason);
        query.add("from", r.from);
        if (r.after)
            query.add("after", to_text(*r.after));
        return {Method::get, std::move(query).target(), {}};
    }
    WireRequest operator()(const GetExplain& r) const
    {
        Query query("/v1/explain");
        query.add("service", r.service).add("from", r.from).add("at", r.at);
        query.add("host_name", r.host_name);
        return {Method::get, std::move(query).target(), {}};
    }
    WireRequest operator()(const GetBans& /*r*/) const { return {Method::get, "/v1/bans", {}}; }
    WireRequest operator()(const AddBan& r) const
    {
        return {Method::post, "/v1/bans", to_json(r.order)};
    }
    WireRequest operator()(const RemoveBan& r) const
    {
        return {Method::del, "/v1/bans?source=" + percent_encoded(r.source), {}};
    }
    WireRequest operator()(const PostReload& r) const
    {
        Query query("/v1/reload");
        query.add_flag("dry_run", r.dry_run).add_flag("strict", r.strict);
        return {Method::post, std::move(query).target(), {}};
    }
    WireRequest operator()(const GetMetrics& /*r*/) const { return {Method::get, "/metrics", {}}; }
    WireRequest operator()(const GetPage& /*r*/) const { return {Method::get, "/", {}}; }
};

} // namespace

WireRequest to_wire(const Request& request)
{
    return std::visit(ToWire{}, request);
}

} // namespace usherd::control

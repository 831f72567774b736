// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/control/json.h"
#include "daemon/control/target.h"

namespace usherd::control {

namespace {

constexpr std::size_t max_id_bytes = 256;
constexpr std::size_t max_reason_bytes = 256;
constexpr std::uint64_t max_ban_seconds = 10ULL * 366 * 86'400;

using Parsed = std::variant<Request, Error>;

Error bad_request(std::string message)
{
    return {400, "bad_request", std::move(message)};
}

Error too_large(std::string message)
{
    return {413, "too_large", std::move(message)};
}

/// What the query and the path hold, taken one by one; whatever is left is an error.
class Arguments {
public:
    Arguments(const Target& target, std::string_view body) : query_(target.query), body_(body) {}

    std::optional<std::string> text(std::string_view name, std::size_t most = max_id_bytes)
    {
        auto value = take(name);
        if (value && (value->empty() || value->size() > most))
            fail(fmt::format("{}: expected 1 to {} bytes", name, most));
        return value;
    }
    std::string required(std::string_view name)
    {
        auto value = text(name);
        if (!value)
            fail(fmt::format("{} is missing", name));
        return value.value_or("");
    }
    template <typename Number>
    std::optional<Number> number(std::string_view name, Number least, Number most)
    {
        const auto value = take(name);
        if (!value)
            return std::nullopt;
        Number result{};
        const char* end = value->data() + value->size();
        const auto [stop, error] = std::from_chars(value->data(), end, result);
        if (error != std::errc{} || stop != end || result < least || result > most) {
            fail(fmt::format("{}: expected a number from {} to {}", name, least, most));
            return std::nullopt;
        }
        return result;
    }
    bool flag(std::string_view name)
    {
        const auto value = take(name);
        if (value && *value != "0" && *value != "1")
            fail(fmt::format("{}: expected 0 or 1", name));
        return value == "1";
    }
    std::optional<Time> moment(std::string_view name)
    {
        const auto value = take(name);
        if (!value)
            return std::nullopt;
        const auto result = parse_time(*value);
        if (!result)
            fail(fmt::format("{}: expected a time such as 2026-01-05T08:03:07Z", name));
        return result;
    }
    std::string_view take_body() { return std::exchange(body_, {}); }
    void fail(std::string message)
    {
        if (!error_)
            error_ = bad_request(std::move(message));
    }
    /// The request, unless something was wrong or is left over.
    Parsed finish(Request request)
    {
        if (!query_.empty())
            fail(fmt::format("unknown parameter '{}'", query_.front().name));
        if (!body_.empty())
            fail("this request takes no body");
        return error_ ? Parsed(*error_) : Parsed(std::move(request));
    }

private:
    std::optional<std::string> take(std::string_view name)
    {
        const auto has_name = [name](const QueryItem& item) { return item.name == name; };
        const auto first = std::find_if(query_.begin(), query_.end(), has_name);
        if (first == query_.end())
            return std::nullopt;
        std::string value = std::move(first->value);
        query_.erase(first);
        if (std::any_of(query_.begin(), query_.end(), has_name))
            fail(fmt::format("{} is given twice", name));
        return value;
    }

    std::vector<QueryItem> query_;
    std::string_view body_;
    std::optional<Error> error_;
};

/// @param id the part of the path that stands for `{}`.
using Make = Parsed (*)(Arguments& arguments, const std::string& id);

template <typename Plain>
Parsed make_plain(Arguments& arguments, const std::string& /*id*/)
{
    return arguments.finish(Plain{});
}

Parsed make_service(Arguments& arguments, const std::string& id)
{
    return arguments.finish(GetService{id});
}

template <Switch to>
Parsed make_switch(Arguments& arguments, const std::string& id)
{
    const bool kill = to == Switch::drain && arguments.flag("kill");
    return arguments.finish(SwitchService{id, to, kill});
}

Parsed make_connections(Arguments& arguments, const std::string& /*id*/)
{
    return arguments.finish(GetConnections{arguments.text("service")});
}

Parsed make_kill(Arguments& arguments, const std::string& id)
{
    std::int32_t pid = 0;
    const auto [stop, error] = std::from_chars(id.data(), id.data() + id.size(), pid);
    if (error != std::errc{} || stop != id.data() + id.size() || pid <= 0)
        return bad_request("the path does not hold a process id");
    return arguments.finish(KillConnection{pid});
}

Parsed make_sources(Arguments& arguments, const std::string& /*id*/)
{
    GetSources request;
    request.top = arguments.number<std::uint32_t>("top", 1, max_top).value_or(request.top);
    return arguments.finish(request);
}

Parsed make_events(Arguments& arguments, const std::string& /*id*/)
{
    GetEvents request;
    request.since = arguments.number<std::uint64_t>("since", 0, UINT64_MAX);
    request.follow = arguments.flag("follow");
    request.service = arguments.text("service");
    request.reason = arguments.text("reason");
    request.from = arguments.text("from");
    request.after = arguments.moment("after");
    return arguments.finish(std::move(request));
}

Parsed make_explain(Arguments& arguments, const std::string& /*id*/)
{
    GetExplain request;
    request.service = arguments.required("service");
    request.from = arguments.required("from");
    request.at = arguments.text("at");
    request.host_name = arguments.text("host_name");
    return arguments.finish(std::move(request));
}

Parsed make_ban(Arguments& arguments, const std::string& /*id*/)
{
    std::string why;
    auto order = from_json<BanOrder>(arguments.take_body(), why);
    if (!order)
        return bad_request(fmt::format("the body: {}", why));
    if (order->source.empty() || order->source.size() > max_id_bytes)
        return bad_request(fmt::format("source: expected 1 to {} bytes", max_id_bytes));
    if (order->reason && order->reason->size() > max_reason_bytes)
        return bad_request(fmt::format("reason: expected at most {} bytes", max_reason_bytes));
    if (order->seconds && (*order->seconds == 0 || *order->seconds > max_ban_seconds))
        return bad_request(fmt::format("seconds: expected 1 to {}", max_ban_seconds));
    return arguments.finish(AddBan{std::move(*order)});
}

Parsed make_unban(Arguments& arguments, const std::string& /*id*/)
{
    return arguments.finish(RemoveBan{arguments.required("source")});
}

Parsed make_reload(Arguments& arguments, const std::string& /*id*/)
{
    PostReload request;
    request.dry_run = arguments.flag("dry_run");
    request.strict = arguments.flag("strict");
    return arguments.finish(request);
}

struct Route {
    Method method;
    std::string_view path; ///< parts with a slash between; `{}` is any one part
    Make make;
};

constexpr std::array routes{
    Route{Method::get, "v1/status", make_plain<GetStatus>},
    Route{Method::get, "v1/services", make_plain<GetServices>},
    Route{Method::get, "v1/services/{}", make_service},
    Route{Method::post, "v1/services/{}/enable", make_switch<Switch::enable>},
    Route{Method::post, "v1/services/{}/disable", make_switch<Switch::disable>},
    Route{Method::post, "v1/services/{}/drain", make_switch<Switch::drain>},
    Route{Method::get, "v1/connections", make_connections},
    Route{Method::post, "v1/connections/{}/kill", make_kill},
    Route{Method::get, "v1/sources", make_sources},
    Route{Method::get, "v1/events", make_events},
    Route{Method::get, "v1/explain", make_explain},
    Route{Method::get, "v1/bans", make_plain<GetBans>},
    Route{Method::post, "v1/bans", make_ban},
    Route{Method::del, "v1/bans", make_unban},
    Route{Method::post, "v1/reload", make_reload},
    Route{Method::get, "metrics", make_plain<GetMetrics>},
    Route{Method::get, "", make_plain<GetPage>},
};

/// @param id becomes what stands for `{}`.
bool matches(std::string_view pattern, const std::vector<std::string>& parts, std::string& id)
{
    const auto slashes = std::count(pattern.begin(), pattern.end(), '/');
    if (static_cast<std::size_t>(slashes) + 1 != parts.size())
        return false;
    for (const std::string& part : parts) {
        const std::string_view wanted = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
        if (wanted == "{}" && !part.empty() && part.size() <= max_id_bytes)
            id = part;
        else if (wanted != part)
            return false;
    }
    return true;
}

} // namespace

std::string_view name(Method method) noexcept
{
    constexpr std::array<std::string_view, 4> names{"GET", "POST", "DELETE", "another method"};
    return names[static_cast<std::size_t>(method)];
}

std::variant<Request, Error> parse_request(Method method, std::string_view target,
                                           std::string_view body)
{
    if (target.size() > max_target_bytes)
        return Error{414, "target_too_long",
                     fmt::format("a target has at most {} bytes", max_target_bytes)};
    if (body.size() > max_body_bytes)
        return too_large(fmt::format("a body has at most {} bytes", max_body_bytes));
    const auto parts = split_target(target);
    if (!parts)
        return bad_request("the target is malformed");
    std::string allow;
    for (const Route& route : routes) {
        std::string id;
        if (!matches(route.path, parts->path, id))
            continue;
        if (route.method == method) {
            Arguments arguments(*parts, body);
            return route.make(arguments, id);
        }
        allow.append(allow.empty() ? "" : ", ").append(name(route.method));
    }
    if (allow.empty())
        return Error{404, "not_found", "there is no such path"};
    return Error{405, "method_not_allowed", fmt::format("this path has {} only", allow), allow};
}

bool changes_something(const Request& request) noexcept
{
    return std::holds_alternative<SwitchService>(request) ||
           std::holds_alternative<KillConnection>(request) ||
           std::holds_alternative<AddBan>(request) || std::holds_alternative<RemoveBan>(request) ||
           std::holds_alternative<PostReload>(request);
}

} // namespace usherd::control

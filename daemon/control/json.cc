// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/json.h"

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/control/fields.h"

namespace usherd::control {

namespace {

using Json = nlohmann::ordered_json;

/// Above this a number is no whole number that every reader of JSON knows.
constexpr double largest_exact = 9007199254740992.0;

class Writer {
public:
    explicit Writer(Json& object) : object_(object) {}

    template <typename T>
    void operator()(const char* name, const std::optional<T>& member)
    {
        if (member)
            object_[name] = to_value(*member);
    }
    template <typename T>
    void operator()(const char* name, const T& member)
    {
        object_[name] = to_value(member);
    }

private:
    template <typename T>
    static Json to_value(const std::vector<T>& list)
    {
        Json array = Json::array();
        for (const T& item : list)
            array.push_back(to_value(item));
        return array;
    }
    static Json to_value(const CountByName& counts)
    {
        Json object = Json::object();
        for (const auto& [name, count] : counts)
            object[name] = count;
        return object;
    }
    static Json to_value(Time time) { return to_text(time); }
    static Json to_value(EventKind kind) { return name(kind); }
    static Json to_value(double number)
    {
        if (std::trunc(number) == number && std::abs(number) < largest_exact)
            return static_cast<std::int64_t>(number);
        return number;
    }
    template <typename T>
    static Json to_value(const T& value)
    {
        if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
            return value;
        } else {
            Json object = Json::object();
            Writer writer(object);
            fields(writer, value);
            return object;
        }
    }

    Json& object_;
};

/// What is wrong, and with which member: `bans[0].source`. The place is put together from the
/// inside out, so that reading what is right costs nothing for it.
struct Problem {
    std::string place;
    std::string_view what;

    void is_within(std::string_view outer)
    {
        const bool joins = place.empty() || place.starts_with('[');
        place = fmt::format("{}{}{}", outer, joins ? "" : ".", place);
    }
};

/// The first mistake ends it: later members are not looked at.
class Reader {
public:
    Reader(const Json& object, Problem& problem) : object_(object), problem_(problem) {}

    template <typename T>
    void operator()(const char* name, std::optional<T>& member)
    {
        const auto found = ok_ ? object_.find(name) : object_.end();
        if (found != object_.end())
            check(name, take(*found, member.emplace()));
    }
    template <typename T>
    void operator()(const char* name, T& member)
    {
        if (!ok_)
            return;
        const auto found = object_.find(name);
        check(name, found == object_.end() ? fail("is missing") : take(*found, member));
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    void check(const char* name, bool ok)
    {
        ok_ = ok;
        if (!ok)
            problem_.is_within(name);
    }
    bool fail(std::string_view what)
    {
        problem_.what = what;
        return false;
    }

    bool take(const Json& json, std::string& value)
    {
        const auto* text = json.get_ptr<const std::string*>();
        if (text == nullptr)
            return fail("is no string");
        value = *text;
        return true;
    }
    bool take(const Json& json, bool& value)
    {
        const auto* truth = json.get_ptr<const bool*>();
        if (truth == nullptr)
            return fail("is neither true nor false");
        value = *truth;
        return true;
    }
    bool take(const Json& json, double& value)
    {
        if (!json.is_number())
            return fail("is no number");
        value = json.get<double>();
        return true;
    }
    template <std::integral T>
    bool take(const Json& json, T& value)
    {
        // Numbers that are not negative come as unsigned ones.
        const auto* natural = json.get_ptr<const std::uint64_t*>();
        const auto* whole = json.get_ptr<const std::int64_t*>();
        if (natural != nullptr && std::in_range<T>(*natural))
            value = static_cast<T>(*natural);
        else if (natural == nullptr && whole != nullptr && std::in_range<T>(*whole))
            value = static_cast<T>(*whole);
        else
            return fail("is no whole number in its range");
        return true;
    }
    bool take(const Json& json, Time& value)
    {
        const auto* text = json.get_ptr<const std::string*>();
        const auto time = text == nullptr ? std::nullopt : parse_time(*text);
        if (!time)
            return fail("is no time");
        value = *time;
        return true;
    }
    bool take(const Json& json, EventKind& value)
    {
        std::string text;
        const bool ok = take(json, text);
        value = event_kind(text);
        return ok;
    }
    bool take(const Json& json, CountByName& counts)
    {
        if (!json.is_object())
            return fail("is no object");
        for (const auto& [name, count] : json.items())
            if (!take(count, counts[name])) {
                problem_.is_within(name);
                return false;
            }
        return true;
    }
    template <typename T>
    bool take(const Json& json, std::vector<T>& list)
    {
        if (!json.is_array())
            return fail("is no list");
        list.reserve(json.size());
        for (const Json& item : json)
            if (!take(item, list.emplace_back())) {
                problem_.is_within(fmt::format("[{}]", list.size() - 1));
                return false;
            }
        return true;
    }
    template <typename T>
    requires std::is_class_v<T>
    bool take(const Json& json, T& value)
    {
        if (!json.is_object())
            return fail("is no object");
        Reader reader(json, problem_);
        fields(reader, value);
        return reader.ok();
    }

    const Json& object_;
    Problem& problem_;
    bool ok_ = true;
};

} // namespace

template <typename T>
std::string to_json(const T& value)
{
    Json object = Json::object();
    Writer writer(object);
    fields(writer, value);
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename T>
std::optional<T> from_json(std::string_view text, std::string& why)
{
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        why = "this is not JSON";
        return std::nullopt;
    }
    if (!json.is_object()) {
        why = "this is no JSON object";
        return std::nullopt;
    }
    T value;
    Problem problem;
    Reader reader(json, problem);
    fields(reader, value);
    if (!reader.ok()) {
        why = fmt::format("{} {}", problem.place, problem.what);
        return std::nullopt;
    }
    return value;
}

#define USHERD_JSON(type)                                                                          \
    template std::string to_json(const type&);                                                     \
    template std::optional<type> from_json<type>(std::string_view, std::string&)
USHERD_JSON(DaemonStatus);
USHERD_JSON(ServiceSummary);
USHERD_JSON(ServiceList);
USHERD_JSON(ServiceDetails);
USHERD_JSON(Connection);
USHERD_JSON(ConnectionList);
USHERD_JSON(KillAnswer);
USHERD_JSON(SourceLists);
USHERD_JSON(Event);
USHERD_JSON(Ban);
USHERD_JSON(BanList);
USHERD_JSON(BanOrder);
USHERD_JSON(TraceList);
USHERD_JSON(ReloadAnswer);
USHERD_JSON(Error);
#undef USHERD_JSON

} // namespace usherd::control

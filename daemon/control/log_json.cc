// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/log_json.h"

#include <nlohmann/json.hpp>

#include "daemon/control/record_fields.h"

namespace usherd::control {

namespace {

std::string dump(const nlohmann::ordered_json& object)
{
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string small_letters(std::string_view word)
{
    std::string small(word);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return small;
}

} // namespace

std::string json_message(std::string_view iso_time, std::string_view level, int pid,
                         std::string_view text)
{
    return dump(
        {{"time", iso_time}, {"level", small_letters(level)}, {"pid", pid}, {"message", text}});
}

std::string json_record(std::string_view iso_time, std::string_view record)
{
    nlohmann::ordered_json object{{"time", iso_time}};
    if (const auto fields = parse_record(record)) {
        object["type"] = fields->type;
        object["service"] = fields->service;
        if (!fields->text.empty())
            object[fields->type == "FAIL" ? "reason" : "text"] = fields->text;
        for (const auto& [name, number] : fields->numbers)
            object[name] = number;
        if (fields->from)
            object["from"] = *fields->from;
    }
    object["record"] = record;
    return dump(object);
}

} // namespace usherd::control

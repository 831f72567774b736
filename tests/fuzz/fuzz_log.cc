// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: text of clients, handlers and name servers on its way into the logs: as a line, and
// as JSON.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "daemon/control/log_json.h"
#include "daemon/core/log_record.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

void check_json(std::string_view line)
{
    require(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }),
            "a line of JSON has no control characters");
    const auto read = nlohmann::json::parse(line, nullptr, false);
    require(read.is_object(), "a line of JSON is an object");
}

void check_text(std::string_view text)
{
    check_json(control::json_message("2026-01-05T08:03:07Z", "NOTICE", 1, text));
    check_json(control::json_record("2026-01-05T08:03:07Z", text));
    constexpr std::size_t most = 64;
    const std::string shown = core::escaped(text, most);
    require(shown.size() <= most, "escaped text is as long as it may be");
    require(std::none_of(shown.begin(), shown.end(),
                         [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
            "escaped text has no control characters");
    const std::string record = "FAIL: " + std::string(text) + " address from=192.0.2.1";
    check_json(control::json_record("2026-01-05T08:03:07Z", record));
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    usherd::fuzz::check_text(usherd::fuzz::as_text(data, size));
    return 0;
}

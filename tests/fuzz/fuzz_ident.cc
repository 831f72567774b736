// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: what an ident server says about the connection from port 40001 to port 23.

#include <algorithm>

#include "daemon/core/ident_reply.h"
#include "daemon/core/log_record.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

void check_reply(std::string_view received)
{
    constexpr std::size_t max_record = 1024;
    const auto line = core::ident_line(received);
    require(line.has_value() == (received.find("\r\n") != std::string_view::npos),
            "a line is there once it has ended");
    if (!line)
        return;
    require(received.starts_with(*line) && line->find("\r\n") == std::string_view::npos,
            "the line is the first");
    const auto user = core::ident_user(*line, {40001, 23});
    if (!user)
        return;
    require(!user->empty() && user->front() != ' ' && line->ends_with(*user),
            "a user is the end of the line");
    config::ServiceSpec spec;
    spec.id = "a";
    const std::string record = core::userid_record(spec, *user);
    require(record.size() < max_record, "a record has its size");
    require(std::none_of(record.begin(), record.end(),
                         [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
            "a record has no control characters");
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    usherd::fuzz::check_reply(usherd::fuzz::as_text(data, size));
    return 0;
}

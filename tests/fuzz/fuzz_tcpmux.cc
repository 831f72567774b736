// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: what a client of tcpmux sends, in pieces. The first byte says how long the pieces
// are.

#include "daemon/core/tcpmux_line.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

using State = core::TcpmuxLine::State;

void check_whole(std::string_view text)
{
    const auto line = core::parse_tcpmux_line(text);
    if (line.state != State::complete) {
        require(line.length == 0 && line.name.empty(), "there is a name in a complete line only");
        require(line.state == State::malformed || text.size() < core::max_tcpmux_line_bytes,
                "nobody waits for the end of a line that is too long");
        return;
    }
    require(line.length <= text.size() && line.length <= core::max_tcpmux_line_bytes,
            "a line is part of the input, and bounded");
    require(!line.name.empty() && line.name.size() + 2 == line.length, "a line is its name, CR LF");
    require(text.substr(line.name.size(), 2) == "\r\n", "a line ends with CR LF");
    require(line.name.find_first_of("\r\n") == std::string_view::npos, "a name is in one line");
    require(core::is_same_tcpmux_name(line.name, line.name), "a name is itself");
}

/// However it is cut, the verdict is that of the whole; and once it stands, it stays.
void check_pieces(std::string_view text, std::size_t piece)
{
    const auto whole = core::parse_tcpmux_line(text);
    for (std::size_t end = piece; end < text.size(); end += piece) {
        const auto part = core::parse_tcpmux_line(text.substr(0, end));
        if (part.state == State::incomplete)
            continue;
        require(part.state == whole.state && part.length == whole.length && part.name == whole.name,
                "more bytes do not change a verdict");
        return;
    }
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text = usherd::fuzz::as_text(data + 1, size - 1);
    usherd::fuzz::check_whole(text);
    usherd::fuzz::check_pieces(text, std::size_t{data[0]} + 1);
    return 0;
}

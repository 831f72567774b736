// SPDX-License-Identifier: BSD-2-Clause
//
// usherd-load's command line into LoadOptions. The first mistake ends it.

#include "tests/bench/load_options.h"

#include <array>
#include <charconv>
#include <getopt.h>

#include <fmt/format.h>

namespace usherd::bench {

namespace {

constexpr std::string_view usage_text =
    R"(usage: usherd-load [options] PORT | ADDRESS:PORT
  -n, --connections N   so many connections, after the warm-up (1000); 0: until --seconds
  -c, --concurrency N   so many at a time (1)
  -j, --threads N       so many threads share the work (1)
  -w, --warm-up N       so many before, not counted (0)
  -t, --seconds S       start no connection after S seconds (no limit)
      --timeout-ms MS   give up a connection after so long (10000)
  -r, --request TEXT    send this once connected; escapes \n \r \t \0 \\ \xHH
      --half-close      shut down sending after the request
  -e, --expect-bytes N  a connection that receives another number of bytes is an error
      --refusal         the server shall close or reset without sending: count that as done
  -s, --sources N       spread over N source addresses of 127.0.0.0/8 (the kernel chooses)
      --network N       of N.0.0.0/8 instead; all of it must be this machine's
  -u, --udp             datagrams: send the request, wait for one reply
      --keep-sockets    UDP: one socket for each slot, not one for each datagram
      --each            also tell the time of each connection that is done, in rising order
  -h, --help
Writes one JSON object; times are microseconds from connect (UDP: send) to end of file (reply).
)";

enum Option : int {
    option_timeout = 256,
    option_half_close,
    option_refusal,
    option_keep_sockets,
    option_network,
    option_each,
};

constexpr std::array long_options{
    option{"connections", required_argument, nullptr, 'n'},
    option{"concurrency", required_argument, nullptr, 'c'},
    option{"threads", required_argument, nullptr, 'j'},
    option{"warm-up", required_argument, nullptr, 'w'},
    option{"seconds", required_argument, nullptr, 't'},
    option{"timeout-ms", required_argument, nullptr, option_timeout},
    option{"request", required_argument, nullptr, 'r'},
    option{"half-close", no_argument, nullptr, option_half_close},
    option{"expect-bytes", required_argument, nullptr, 'e'},
    option{"refusal", no_argument, nullptr, option_refusal},
    option{"sources", required_argument, nullptr, 's'},
    option{"network", required_argument, nullptr, option_network},
    option{"udp", no_argument, nullptr, 'u'},
    option{"keep-sockets", no_argument, nullptr, option_keep_sockets},
    option{"each", no_argument, nullptr, option_each},
    option{"help", no_argument, nullptr, 'h'},
    option{nullptr, 0, nullptr, 0},
};

template <typename Number>
bool parse_number(std::string_view text, Number& number, Number least, Number most)
{
    Number parsed{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc{} || end != text.data() + text.size() || parsed < least || parsed > most)
        return false;
    number = parsed;
    return true;
}

bool parse_milliseconds(std::string_view text, double unit, std::chrono::milliseconds& duration)
{
    constexpr double a_day = 86'400'000;
    double number = 0;
    if (!parse_number(text, number, 0.0, a_day / unit))
        return false;
    duration = std::chrono::milliseconds{static_cast<std::int64_t>(number * unit)};
    return true;
}

bool parse_target(std::string_view text, LoadOptions& options)
{
    if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
        options.address = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    return parse_number(text, options.port, std::uint16_t{1}, std::uint16_t{65535});
}

/// An option without argument.
void turn_on(int which, LoadOptions& options)
{
    switch (which) {
    case 'u':
        options.udp = true;
        break;
    case option_half_close:
        options.half_close = true;
        break;
    case option_refusal:
        options.refusal = true;
        break;
    case option_each:
        options.each = true;
        break;
    default:
        options.keep_sockets = true;
        break;
    }
}

/// False: the argument makes no sense.
bool apply(int which, std::string_view argument, LoadOptions& options)
{
    constexpr std::uint64_t many = 1'000'000'000;
    switch (which) {
    case 'n':
        return parse_number(argument, options.connections, std::uint64_t{0}, many);
    case 'c':
        return parse_number(argument, options.concurrency, 1U, 100'000U);
    case 'j':
        return parse_number(argument, options.threads, 1U, 64U);
    case 'w':
        return parse_number(argument, options.warm_up, std::uint64_t{0}, many);
    case 't':
        return parse_milliseconds(argument, 1000, options.time_limit);
    case option_timeout:
        return parse_milliseconds(argument, 1, options.timeout);
    case 'e':
        return parse_number(argument, options.expected_bytes.emplace(), std::uint64_t{0}, many);
    case 's':
        return parse_number(argument, options.sources, 0U, max_sources);
    case option_network:
        return parse_number(argument, options.network, std::uint8_t{1}, std::uint8_t{223});
    case 'r':
        if (auto request = unescape(argument)) {
            options.request = *std::move(request);
            return true;
        }
        return false;
    default:
        turn_on(which, options);
        return true;
    }
}

std::optional<int> hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return std::nullopt;
}

/// The character that the escape at the start of `text` (after the backslash) stands for, which is
/// taken off `text`.
std::optional<char> take_escape(std::string_view& text)
{
    constexpr std::string_view letters = "nrt0\\";
    constexpr std::string_view meanings("\n\r\t\0\\", 5);
    if (text.empty())
        return std::nullopt;
    const char letter = text.front();
    text.remove_prefix(1);
    if (const auto at = letters.find(letter); at != std::string_view::npos)
        return meanings[at];
    if (letter != 'x' || text.size() < 2)
        return std::nullopt;
    const auto high = hex_digit(text[0]);
    const auto low = hex_digit(text[1]);
    text.remove_prefix(2);
    if (!high || !low)
        return std::nullopt;
    return static_cast<char>(*high * 16 + *low);
}

} // namespace

std::string_view load_usage() noexcept
{
    return usage_text;
}

std::uint32_t source_address(std::uint64_t index, std::uint32_t sources,
                             std::uint8_t network) noexcept
{
    constexpr std::uint32_t hosts_of_a_net = 254;
    const std::uint32_t first_net = (std::uint32_t{network} << 16) | 0x100; // 127.1.0.0/24
    const auto number = static_cast<std::uint32_t>(index % sources);
    return ((first_net + number / hosts_of_a_net) << 8) | (1 + number % hosts_of_a_net);
}

std::optional<std::string> unescape(std::string_view text)
{
    std::string plain;
    while (!text.empty()) {
        const char next = text.front();
        text.remove_prefix(1);
        if (next != '\\') {
            plain += next;
            continue;
        }
        const auto meant = take_escape(text);
        if (!meant)
            return std::nullopt;
        plain += *meant;
    }
    return plain;
}

std::variant<LoadOptions, UsageError> parse_load_options(int argc, const char* const* argv)
{
    LoadOptions options;
    optind = 0; // start afresh; tests parse more than once
    opterr = 0;
    auto* const arguments = const_cast<char* const*>(argv);
    int which = 0;
    while ((which = getopt_long(argc, arguments, "n:c:j:w:t:r:e:s:uh", long_options.data(),
                                nullptr)) != -1) {
        if (which == 'h')
            return UsageError{};
        const std::string_view argument = optarg != nullptr ? optarg : "";
        if (which == '?')
            return UsageError{fmt::format("unknown option or missing value: {}", argv[optind - 1])};
        if (!apply(which, argument, options))
            return UsageError{fmt::format("bad value: {}", argument)};
    }
    if (optind + 1 != argc || !parse_target(argv[optind], options))
        return UsageError{"expected one PORT or ADDRESS:PORT"};
    if (options.connections == 0 && options.time_limit.count() == 0)
        return UsageError{"--connections 0 needs --seconds"};
    if (options.threads > options.concurrency)
        return UsageError{"more --threads than --concurrency"};
    if (options.udp && options.request.empty())
        return UsageError{"--udp needs --request"};
    return options;
}

} // namespace usherd::bench

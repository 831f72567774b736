// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace usherd::control {

namespace {

constexpr std::size_t max_headers = 64;

Error bad_request(std::string message)
{
    return {400, "bad_request", std::move(message)};
}

char small(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return small(a) == small(b); });
}

bool is_token_character(char c) noexcept
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The next line without its end, which is cut off `rest`; none if it is not complete.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept
{
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos)
        return std::nullopt;
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// True if `word` is one of the words of a list with commas between.
bool lists(std::string_view list, std::string_view word) noexcept
{
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        if (same_word(trimmed(item), word))
            return true;
    }
    return false;
}

Method method_of(std::string_view word) noexcept
{
    constexpr std::array known{Method::get, Method::post, Method::del};
    const auto* found = std::find_if(known.begin(), known.end(),
                                     [word](Method method) { return name(method) == word; });
    return found == known.end() ? Method::other : *found;
}

/// Puts one head together; the first mistake stays.
class HeadReader {
public:
    void take_request_line(std::string_view line);
    void take_header(std::string_view line);
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    [[nodiscard]] HttpHead finish() &&
    {
        head_.keep_alive = connection_close_ ? false : head_.keep_alive || connection_keep_;
        return std::move(head_);
    }

private:
    void fail(Error error)
    {
        if (!error_)
            error_ = std::move(error);
    }
    void take_length(std::string_view value);
    void take_value(std::string_view name, std::string_view value);

    HttpHead head_;
    std::optional<Error> error_;
    std::size_t headers_ = 0;
    bool has_length_ = false;
    bool has_host_ = false;
    bool connection_close_ = false;
    bool connection_keep_ = false;
};

void HeadReader::take_request_line(std::string_view line)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return fail(bad_request("the request line is malformed"));
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    const bool is_clean = std::none_of(target.begin(), target.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    });
    if (!is_token(line.substr(0, first)) || target.empty() || !is_clean)
        return fail(bad_request("the request line is malformed"));
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return fail({505, "version_not_supported", "this is HTTP/1.1"});
    head_.method = method_of(line.substr(0, first));
    head_.target = target;
    head_.understands_chunks = head_.keep_alive = version == "HTTP/1.1";
}

void HeadReader::take_length(std::string_view value)
{
    std::uint64_t bytes = 0;
    const char* end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, bytes);
    if (has_length_ || stop != end || problem == std::errc::invalid_argument)
        return fail(bad_request("the Content-Length is malformed"));
    if (problem != std::errc{} || bytes > max_body_bytes)
        return fail({413, "too_large", fmt::format("a body has at most {} bytes", max_body_bytes)});
    has_length_ = true;
    head_.body_bytes = static_cast<std::size_t>(bytes);
}

void HeadReader::take_value(std::string_view name, std::string_view value)
{
    if (same_word(name, "content-length")) {
        take_length(value);
    } else if (same_word(name, "transfer-encoding")) {
        fail({501, "not_implemented", "a body needs a Content-Length"});
    } else if (same_word(name, "connection")) {
        connection_close_ = connection_close_ || lists(value, "close");
        connection_keep_ = connection_keep_ || lists(value, "keep-alive");
    } else if (same_word(name, "expect")) {
        if (!same_word(value, "100-continue"))
            fail({417, "expectation_failed", "this cannot be expected here"});
        head_.wants_continue = true;
    } else if (same_word(name, "host")) {
        if (std::exchange(has_host_, true))
            fail(bad_request("there are two Host headers"));
        head_.host = value;
    }
}

void HeadReader::take_header(std::string_view line)
{
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name))
        return fail(bad_request("a header line is malformed"));
    const std::string_view value = trimmed(line.substr(colon + 1));
    const bool is_clean = std::none_of(value.begin(), value.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (!is_clean)
        return fail(bad_request("a header line is malformed"));
    if (++headers_ > max_headers)
        return fail({431, "headers_too_large", "there are too many header lines"});
    take_value(name, value);
}

} // namespace

std::variant<HttpHead, HttpIncomplete, Error> parse_http_head(std::string_view input,
                                                              std::size_t& consumed)
{
    const Error too_large{431, "headers_too_large",
                          fmt::format("the headers have at most {} bytes", max_head_bytes)};
    HeadReader reader;
    std::string_view rest = input.substr(0, max_head_bytes);
    bool has_request_line = false;
    while (const auto line = take_line(rest)) {
        if (!has_request_line && line->empty())
            continue; // RFC 9112, 2.2: after the body of the request before
        if (line->empty()) {
            consumed = std::min(input.size(), max_head_bytes) - rest.size();
            return std::move(reader).finish();
        }
        if (std::exchange(has_request_line, true))
            reader.take_header(*line);
        else
            reader.take_request_line(*line);
        if (reader.error())
            return *reader.error();
    }
    if (input.size() >= max_head_bytes)
        return too_large;
    return HttpIncomplete{};
}

std::string_view reason_phrase(int status) noexcept
{
    struct Phrase {
        int status;
        std::string_view text;
    };
    static constexpr std::array phrases{Phrase{200, "OK"},
                                        Phrase{201, "Created"},
                                        Phrase{400, "Bad Request"},
                                        Phrase{403, "Forbidden"},
                                        Phrase{404, "Not Found"},
                                        Phrase{405, "Method Not Allowed"},
                                        Phrase{408, "Request Timeout"},
                                        Phrase{409, "Conflict"},
                                        Phrase{413, "Content Too Large"},
                                        Phrase{414, "URI Too Long"},
                                        Phrase{417, "Expectation Failed"},
                                        Phrase{421, "Misdirected Request"},
                                        Phrase{431, "Request Header Fields Too Large"},
                                        Phrase{501, "Not Implemented"},
                                        Phrase{503, "Service Unavailable"},
                                        Phrase{505, "HTTP Version Not Supported"}};
    const auto* found = std::find_if(phrases.begin(), phrases.end(),
                                     [status](const Phrase& p) { return p.status == status; });
    return found == phrases.end() ? "Internal Server Error" : found->text;
}

std::string to_text(const HttpReplyHead& head)
{
    std::string text =
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\n"
                    "X-Content-Type-Options: nosniff\r\n",
                    head.status, reason_phrase(head.status), head.content_type);
    if (head.chunked)
        text += "Transfer-Encoding: chunked\r\n";
    else if (!head.close || head.body_bytes > 0)
        text += fmt::format("Content-Length: {}\r\n", head.body_bytes);
    if (!head.allow.empty())
        text += fmt::format("Allow: {}\r\n", head.allow);
    text += head.more_lines;
    text += head.close ? "Connection: close\r\n\r\n" : "\r\n";
    return text;
}

} // namespace usherd::control

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/hosts_file.h"

#include <algorithm>
#include <arpa/inet.h>
#include <optional>

#include "daemon/sys/text_file.h"

namespace usherd::sys {

namespace {

constexpr std::string_view blanks = " \t\r\f\v";
constexpr std::size_t max_file_bytes = std::size_t{16} << 20;

/// Takes the first word off `line`; empty at its end.
std::string_view take_word(std::string_view& line)
{
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
        return {};
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

std::optional<HostAddress> parse_address(std::string_view word)
{
    const std::string text(word);
    HostAddress address;
    if (::inet_pton(AF_INET, text.c_str(), address.bytes.data() + 12) == 1)
        address.is_ipv4 = true;
    else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1)
        return std::nullopt;
    return unmapped(address);
}

std::string lower(std::string_view text)
{
    std::string result(text);
    for (char& character : result)
        if (character >= 'A' && character <= 'Z')
            character = static_cast<char>(character - 'A' + 'a');
    return result;
}

} // namespace

HostsFile::HostsFile(std::string_view text)
{
    while (!text.empty()) {
        const std::string_view whole = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(whole.size() + 1, text.size()));
        std::string_view line = whole.substr(0, whole.find('#'));
        const auto address = parse_address(take_word(line));
        const std::string_view name = take_word(line);
        if (!address || name.empty())
            continue;
        names_.try_emplace(*address, name);
        for (auto word = name; !word.empty(); word = take_word(line))
            addresses_[lower(word)].push_back(*address);
    }
}

Result<HostsFile> HostsFile::read(const std::string& path)
{
    auto text = read_text_file(path, max_file_bytes);
    if (!text)
        return text.error();
    return HostsFile(*text);
}

std::string_view HostsFile::name_of(const HostAddress& address) const
{
    const auto entry = names_.find(unmapped(address));
    return entry == names_.end() ? std::string_view{} : entry->second;
}

std::vector<HostAddress> HostsFile::addresses_of(std::string_view name) const
{
    const auto entry = addresses_.find(lower(name));
    if (entry == addresses_.end())
        return {};
    std::vector<HostAddress> addresses = entry->second;
    std::stable_partition(addresses.begin(), addresses.end(),
                          [](const HostAddress& address) { return address.is_ipv4; });
    return addresses;
}

} // namespace usherd::sys

// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: hosts(5) and nsswitch.conf(5), the files that the daemon reads itself to learn
// names.

#include <algorithm>
#include <string>

#include "daemon/sys/hosts_file.h"
#include "daemon/sys/name_services.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

/// The words of the text: each may be a name.
void check_names(const sys::HostsFile& hosts, std::string_view text)
{
    constexpr std::size_t most = 50;
    constexpr std::string_view blanks = " \t\n";
    std::size_t start = text.find_first_not_of(blanks);
    for (std::size_t count = 0; start != std::string_view::npos && count < most; ++count) {
        const std::size_t end = std::min(text.find_first_of(blanks, start), text.size());
        for (const auto& address : hosts.addresses_of(text.substr(start, end - start))) {
            const std::string_view name = hosts.name_of(address);
            require(!name.empty(), "an address that a name has has a name");
            const auto back = hosts.addresses_of(name);
            require(std::find(back.begin(), back.end(), address) != back.end(),
                    "the name of an address leads back to it");
        }
        start = text.find_first_not_of(blanks, end);
    }
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text = usherd::fuzz::as_text(data, size);
    const usherd::sys::HostsFile hosts(text);
    usherd::fuzz::require(hosts.size() <= size, "no address comes from nowhere");
    usherd::fuzz::require(hosts.addresses_of("").empty(), "nobody has no name");
    usherd::fuzz::check_names(hosts, text);
    usherd::fuzz::require(usherd::sys::asks_dns(text) == usherd::sys::asks_dns(text),
                          "the same file says the same");
    return 0;
}

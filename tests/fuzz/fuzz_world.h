// SPDX-License-Identifier: BSD-2-Clause
//
// The small fixed world in which fuzzed configurations are loaded, and the promises that hold for
// every load whatever the text.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config-parser/load.h"
#include "config-parser/name_lookup.h"
#include "tests/support/memory_files.h"

namespace usherd::fuzz {

/// A few names of each kind; every other one is unknown. No name is slow.
class SomeNames final : public config::NameLookup {
public:
    std::optional<std::uint16_t> port_of(const std::string& service,
                                         const std::string& protocol) override;
    std::optional<config::ProtocolEntry> protocol(const std::string& name) override;
    std::optional<config::UserEntry> user(const std::string& name) override;
    std::optional<config::UserEntry> user(std::uint32_t uid) override;
    std::optional<std::uint32_t> group(const std::string& name) override;
    std::vector<std::uint32_t> groups_of(const config::UserEntry& user) override;
    std::optional<std::uint32_t> network(const std::string& name) override;
    std::optional<std::uint32_t> rpc_program(const std::string& name) override;
    std::vector<access::IpAddress> addresses_of(const std::string& host) override;
    std::optional<std::string> environment(const std::string& name) override;
};

/// The texts of one input: those between lines that hold nothing but `%%`. At least one.
[[nodiscard]] std::vector<std::string_view> split_texts(std::string_view input);

/// Loads `main_file` twice and ends the program if a promise is broken: each diagnostic has a place
/// and can be shown, each service has an id and somewhere to listen, an admission can be decided,
/// both loads agree.
void check_load(test::MemoryFiles& files, const std::string& main_file,
                const config::LoadOptions& options);

} // namespace usherd::fuzz

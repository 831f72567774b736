// SPDX-License-Identifier: BSD-2-Clause
//
// NameLookup by the C library's databases (nsswitch.conf). Blocks where the databases do: for load
// time only. Keeps every answer, so that ten thousand services ask each question once.

#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config-parser/name_lookup.h"

namespace usherd::config {

/// One object serves one load: what it learned it does not forget.
class SystemNameLookup final : public NameLookup {
public:
    /// @param services_file read as a whole at the first question about a port; what it does not
    /// have is asked of the C library.
    explicit SystemNameLookup(std::string services_file = "/etc/services")
        : services_file_(std::move(services_file))
    {
    }

    std::optional<std::uint16_t> port_of(const std::string& service,
                                         const std::string& protocol) override;
    std::optional<ProtocolEntry> protocol(const std::string& name) override;
    std::optional<UserEntry> user(const std::string& name) override;
    std::optional<UserEntry> user(std::uint32_t uid) override;
    std::optional<std::uint32_t> group(const std::string& name) override;
    std::vector<std::uint32_t> groups_of(const UserEntry& user) override;
    std::optional<std::uint32_t> network(const std::string& name) override;
    std::optional<std::uint32_t> rpc_program(const std::string& name) override;
    std::vector<access::IpAddress> addresses_of(const std::string& host) override;
    std::optional<std::string> environment(const std::string& name) override;

private:
    template <typename Answer>
    using Memory = std::unordered_map<std::string, Answer>;

    void read_services_file();

    std::string services_file_;
    bool services_read_ = false;
    Memory<std::optional<std::uint16_t>> ports_; ///< by `name/protocol`
    Memory<std::optional<ProtocolEntry>> protocols_;
    Memory<std::optional<UserEntry>> users_;
    std::unordered_map<std::uint32_t, std::optional<UserEntry>> users_by_id_;
    Memory<std::optional<std::uint32_t>> groups_;
    Memory<std::vector<std::uint32_t>> groups_of_;
    Memory<std::optional<std::uint32_t>> networks_;
    Memory<std::optional<std::uint32_t>> rpc_programs_;
    Memory<std::vector<access::IpAddress>> addresses_;
};

/// Adds the ports of a services(5) text to `ports`, keyed `name/protocol`; the first entry of a
/// name or alias counts.
void parse_services(std::string_view text,
                    std::unordered_map<std::string, std::optional<std::uint16_t>>& ports);

} // namespace usherd::config

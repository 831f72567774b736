// SPDX-License-Identifier: BSD-2-Clause
//
// One entry of inetd.conf(5), its fields taken apart. Private to the inetd front end.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// An entry, field by field. Words keep the places of the fields they were cut from.
struct InetdEntry {
    enum class Kind : std::uint8_t { internet, rpc, tcpmux, unix_socket };
    enum class Family : std::uint8_t { any, ipv4, ipv6, both };

    Kind kind = Kind::internet;
    Word field;                      ///< the first one, as written
    Word name;                       ///< of the service, without address, prefix and version
    std::vector<Word> hosts;         ///< addresses to listen on; empty: all
    bool hosts_given = false;        ///< in this entry, not by a `HOST:` line
    Word versions;                   ///< of rpc
    bool greets = false;             ///< tcpmux/+NAME
    bool is_port = false;            ///< the name is the number of a port
    Word owner, group_of_file, mode; ///< of a UNIX socket; empty: not given

    Word socket_type;
    Word protocol; ///< without family and options; for rpc what follows the slash
    Family family = Family::any;
    bool waits = false;
    Word wait;                                     ///< the field as written
    Word most, most_per_source, starts_per_source; ///< empty: no limit
    Word user, group;
    Word server; ///< empty for internal ones
    std::vector<Word> arguments;
    bool is_internal = false;
};

/// Where remarks about an entry go.
class InetdRemarks {
public:
    explicit InetdRemarks(RawDocument& document) : document_(document) {}

    /// The entry is dropped.
    void error(const Word& word, std::string message, std::string suggestion = {});
    /// What the word asks for is not done; the entry stays.
    void ignored(Severity severity, const Word& word, std::string message,
                 std::string suggestion = {});

private:
    RawDocument& document_;
};

/// @param words at least one. @param hosts those of the last `HOST:` line. @param as_xinetd reads
/// no more into the fields than xinetd does.
/// @return nothing, having told why, if the entry cannot be served.
[[nodiscard]] std::optional<InetdEntry> read_inetd_entry(const std::vector<Word>& words,
                                                         const std::vector<Word>& hosts,
                                                         bool as_xinetd, InetdRemarks& remarks);

/// `A,B` as words; `*` is no address.
[[nodiscard]] std::vector<Word> split_hosts(const Word& word);

/// True if the word names a type of socket.
[[nodiscard]] bool is_inetd_socket_type(std::string_view word) noexcept;

} // namespace usherd::config

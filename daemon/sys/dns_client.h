// SPDX-License-Identifier: BSD-2-Clause
//
// libevent's DNS client as a value with an owner: which servers to ask, one question at a time. It
// neither remembers nor judges answers.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/host_address.h"

struct evdns_base;

namespace usherd::sys {

class DnsClient {
public:
    struct Options {
        std::string nameserver; ///< "address:port"; empty: those of resolv_conf
        std::string resolv_conf =
            "/etc/resolv.conf"; ///< missing: 127.0.0.1, as resolv.conf(5) says
        /// Without a nameserver: whether to ask at all.
        std::string nsswitch_conf = "/etc/nsswitch.conf";
        std::chrono::milliseconds timeout{5000}; ///< of a question, its repetitions included
        std::size_t max_questions = 256;         ///< that are on their way at the same time
    };

    /// libevent's: DNS_ERR_NONE or an error, record type, count, time to live in seconds, records.
    /// Called once for each question, never from within ask_*(); perhaps even after the client is
    /// gone, if the answer had come before.
    using Answer = void (*)(int result, char type, int count, int ttl, void* records,
                            void* context);

    DnsClient(EventLoop& loop, Options options);
    ~DnsClient();
    DnsClient(const DnsClient&) = delete;
    DnsClient& operator=(const DnsClient&) = delete;

    /// The PTR record of `address`. @return false if the question could not be put, or nobody is to
    /// be asked.
    [[nodiscard]] bool ask_name(const HostAddress& address, Answer answer, void* context) noexcept;
    enum class Family { ipv4, ipv6 };
    /// Whether `name` is complete, or resolv.conf's search list applies.
    enum class Search { none, as_configured };
    /// The A or AAAA records of `name`.
    [[nodiscard]] bool ask_addresses(const std::string& name, Family family, Search search,
                                     Answer answer, void* context) noexcept;
    /// Reads its files again. Questions that are on their way go to the new servers.
    void reload();

private:
    void add_nameservers();

    Options options_;
    evdns_base* base_;
    bool is_used_ = true; ///< names come from the DNS
};

} // namespace usherd::sys

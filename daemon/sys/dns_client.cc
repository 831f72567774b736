// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/dns_client.h"

#include <algorithm>
#include <cstdint>
#include <netinet/in.h>
#include <new>
#include <utility>

#include <event2/dns.h>
#include <fmt/format.h>

#include "daemon/sys/name_services.h"
#include "daemon/sys/text_file.h"

namespace usherd::sys {

namespace {

constexpr int attempts = 3;
constexpr std::size_t max_nsswitch_bytes = 65536;
constexpr const char* default_nameserver = "127.0.0.1";

void set_option(evdns_base* base, const char* option, const std::string& value)
{
    // It can only fail for an option or a number that libevent does not understand.
    evdns_base_set_option(base, option, value.c_str());
}

} // namespace

DnsClient::DnsClient(EventLoop& loop, Options options)
    : options_(std::move(options)), base_(evdns_base_new(loop.base(), 0))
{
    if (base_ == nullptr)
        throw std::bad_alloc();
    const auto one_attempt = std::chrono::duration<double>(options_.timeout) / attempts;
    set_option(base_, "timeout:", fmt::format("{:.3f}", one_attempt.count()));
    set_option(base_, "attempts:", fmt::format("{}", attempts));
    set_option(base_, "max-inflight:", fmt::format("{}", options_.max_questions));
    add_nameservers();
}

DnsClient::~DnsClient()
{
    constexpr int drop_questions = 0;
    evdns_base_free(base_, drop_questions);
}

void DnsClient::add_nameservers()
{
    const auto nsswitch = read_text_file(options_.nsswitch_conf, max_nsswitch_bytes);
    is_used_ = !options_.nameserver.empty() || asks_dns(nsswitch ? *nsswitch : std::string());
    if (!options_.nameserver.empty())
        evdns_base_nameserver_ip_add(base_, options_.nameserver.c_str());
    else
        evdns_base_resolv_conf_parse(base_, DNS_OPTION_NAMESERVERS | DNS_OPTION_SEARCH,
                                     options_.resolv_conf.c_str());
    // Without any, questions would wait for ever.
    if (evdns_base_count_nameservers(base_) == 0)
        evdns_base_nameserver_ip_add(base_, default_nameserver);
}

bool DnsClient::ask_name(const HostAddress& address, Answer answer, void* context) noexcept
{
    if (!is_used_)
        return false;
    if (address.is_ipv4) {
        in_addr ipv4{};
        std::copy(address.bytes.begin() + 12, address.bytes.end(),
                  reinterpret_cast<std::uint8_t*>(&ipv4));
        return evdns_base_resolve_reverse(base_, &ipv4, DNS_QUERY_NO_SEARCH, answer, context) !=
               nullptr;
    }
    in6_addr ipv6{};
    std::copy(address.bytes.begin(), address.bytes.end(), ipv6.s6_addr);
    return evdns_base_resolve_reverse_ipv6(base_, &ipv6, DNS_QUERY_NO_SEARCH, answer, context) !=
           nullptr;
}

bool DnsClient::ask_addresses(const std::string& name, Family family, Search search, Answer answer,
                              void* context) noexcept
{
    const int flags = search == Search::none ? DNS_QUERY_NO_SEARCH : 0;
    const auto ask = family == Family::ipv4 ? evdns_base_resolve_ipv4 : evdns_base_resolve_ipv6;
    return is_used_ && ask(base_, name.c_str(), flags, answer, context) != nullptr;
}

void DnsClient::reload()
{
    evdns_base_clear_nameservers_and_suspend(base_);
    add_nameservers();
    evdns_base_resume(base_);
}

} // namespace usherd::sys

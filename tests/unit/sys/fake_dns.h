// SPDX-License-Identifier: BSD-2-Clause
//
// A name server on a loopback port, in the loop of the test. It knows what it is told, counts what
// it is asked, and can be slow or out of order.

#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include <event2/dns.h>
#include <event2/dns_struct.h>

#include "daemon/sys/event_loop.h"
#include "tests/support/catch.h"

namespace usherd::sys {

class FakeDns {
public:
    explicit FakeDns(EventLoop& loop)
    {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        REQUIRE(fd >= 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        socklen_t length = sizeof address;
        REQUIRE(::bind(fd, generic, length) == 0);
        REQUIRE(::getsockname(fd, generic, &length) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        port_ = evdns_add_server_port_with_base(loop.base(), fd, 0, on_request, this);
        REQUIRE(port_ != nullptr);
    }
    ~FakeDns()
    {
        for (auto* request : held_)
            evdns_server_request_drop(request);
        evdns_close_server_port(port_); // and the socket
    }
    FakeDns(const FakeDns&) = delete;
    FakeDns& operator=(const FakeDns&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }

    /// `reverse` is the complete name: 7.2.0.192.in-addr.arpa
    void add_ptr(const std::string& reverse, std::string name)
    {
        records_[{reverse, EVDNS_TYPE_PTR}].push_back(std::move(name));
    }
    void add_a(const std::string& name, const char* address)
    {
        std::string bytes(4, '\0');
        REQUIRE(::inet_pton(AF_INET, address, bytes.data()) == 1);
        records_[{name, EVDNS_TYPE_A}].push_back(bytes);
    }
    void add_aaaa(const std::string& name, const char* address)
    {
        std::string bytes(16, '\0');
        REQUIRE(::inet_pton(AF_INET6, address, bytes.data()) == 1);
        records_[{name, EVDNS_TYPE_AAAA}].push_back(bytes);
    }
    void forget_all() { records_.clear(); }
    /// Answers what was held back.
    void release()
    {
        hold = false;
        for (auto* request : std::exchange(held_, {}))
            answer(request);
    }
    [[nodiscard]] std::size_t held() const { return held_.size(); }

    bool hold = false;                  ///< keep questions instead of answering them
    int error = 0;                      ///< answer everything with this error
    std::vector<std::string> questions; ///< in lower case

private:
    static void on_request(evdns_server_request* request, void* self)
    {
        auto* dns = static_cast<FakeDns*>(self);
        dns->questions.push_back(lower(request->questions[0]->name));
        if (dns->hold)
            dns->held_.push_back(request);
        else
            dns->answer(request);
    }

    static std::string lower(std::string text)
    {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return text;
    }

    void answer(evdns_server_request* request)
    {
        const auto& question = *request->questions[0];
        const auto found = records_.find({lower(question.name), question.type});
        if (error != 0) {
            evdns_server_request_respond(request, error);
            return;
        }
        if (found == records_.end()) {
            evdns_server_request_respond(request, DNS_ERR_NOTEXIST);
            return;
        }
        constexpr int ttl = 60;
        const bool is_name = question.type == EVDNS_TYPE_PTR;
        for (const std::string& data : found->second)
            evdns_server_request_add_reply(
                request, EVDNS_ANSWER_SECTION, question.name, question.type, EVDNS_CLASS_INET, ttl,
                is_name ? -1 : static_cast<int>(data.size()), is_name ? 1 : 0, data.c_str());
        evdns_server_request_respond(request, 0);
    }

    std::string address_;
    evdns_server_port* port_ = nullptr;
    std::map<std::pair<std::string, int>, std::vector<std::string>> records_;
    std::vector<evdns_server_request*> held_;
};

} // namespace usherd::sys

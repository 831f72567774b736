// SPDX-License-Identifier: BSD-2-Clause
//
// A status socket that gives prepared answers, and remembers what it was asked.

#pragma once

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace usherd::ctl {

class FakeDaemon {
public:
    FakeDaemon()
    {
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket().c_str(), // NOLINT(layering): a fixed array
                     sizeof address.sun_path - 1);
        REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        REQUIRE(::listen(listener_, 16) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeDaemon()
    {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;

    [[nodiscard]] std::string socket() const { return directory_.path("socket"); }
    /// @param request `GET /v1/status`
    void answer(const std::string& request, std::string body, int status = 200)
    {
        const std::lock_guard lock(mutex_);
        answers_[request] = {status, std::move(body)};
    }
    /// `METHOD TARGET` and, after a blank, the body if there was one.
    [[nodiscard]] std::vector<std::string> asked()
    {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    void serve()
    {
        for (;;) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0)
                return;
            serve_one(client);
            ::close(client);
        }
    }
    void serve_one(int client)
    {
        std::string request;
        char buffer[4096];
        while (request.find("\r\n\r\n") == std::string::npos ||
               request.size() < request.find("\r\n\r\n") + 4 + body_bytes(request)) {
            const ssize_t got = ::read(client, buffer, sizeof buffer);
            if (got <= 0)
                return;
            request.append(buffer, static_cast<std::size_t>(got));
        }
        const std::string name = request.substr(0, request.find(" HTTP/"));
        const std::string body = request.substr(request.find("\r\n\r\n") + 4);
        std::string reply;
        {
            const std::lock_guard lock(mutex_);
            asked_.push_back(body.empty() ? name : name + ' ' + body);
            const auto found = answers_.find(name);
            const auto& [status, text] =
                found != answers_.end()
                    ? found->second
                    : std::pair{404, std::string(R"({"error":"not_found","message":"no such"})")};
            reply =
                fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                            status, text.size(), text);
        }
        for (std::size_t sent = 0; sent < reply.size();) {
            const ssize_t n =
                ::send(client, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
            if (n <= 0)
                return;
            sent += static_cast<std::size_t>(n);
        }
    }
    static std::size_t body_bytes(const std::string& request)
    {
        const std::size_t at = request.find("Content-Length: ");
        return at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
    }

    tests::TemporaryDirectory directory_;
    int listener_ = -1;
    std::mutex mutex_;
    std::map<std::string, std::pair<int, std::string>> answers_;
    std::vector<std::string> asked_;
    std::thread thread_;
};

} // namespace usherd::ctl

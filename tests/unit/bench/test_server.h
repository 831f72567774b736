// SPDX-License-Identifier: BSD-2-Clause
//
// A server of known behaviour for the load generator's tests: treats each connection as its number
// says and counts what it did.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <set>
#include <thread>
#include <vector>

#include "daemon/sys/unique_fd.h"

namespace usherd::bench {

/// What to do with one connection.
enum class Treatment : std::uint8_t {
    answer,     ///< 3 bytes, close
    one_byte,   ///< 1 byte, close
    close,      ///< nothing, close
    reset,      ///< nothing, reset
    hold,       ///< nothing until the server stops
    echo_count, ///< read to the end of file, send so many bytes, close
    gather,     ///< nothing until `gather_size` are there, then 3 bytes to each, close
};

class TestServer {
public:
    using Script = std::function<Treatment(std::uint64_t number)>;

    explicit TestServer(Script script, std::size_t gather_size = 0);
    /// Stops and joins.
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;
    TestServer(TestServer&&) = delete;
    TestServer& operator=(TestServer&&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// What happened until now; exact once the load has ended.
    [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
    [[nodiscard]] std::size_t most_gathered() const noexcept { return most_gathered_; }
    /// After stop().
    [[nodiscard]] std::size_t distinct_sources() const noexcept { return sources_.size(); }
    void stop();

private:
    void run();
    void treat(sys::UniqueFd connection, Treatment treatment);
    void gather(sys::UniqueFd connection);

    Script script_;
    std::size_t gather_size_;
    std::uint16_t port_ = 0; // before listener_, whose making sets it
    sys::UniqueFd listener_;
    std::atomic<std::uint64_t> accepted_ = 0;
    std::atomic<std::size_t> most_gathered_ = 0;
    std::set<std::uint32_t> sources_;
    std::vector<sys::UniqueFd> held_;
    std::thread thread_;
};

/// Echoes datagrams, but for those whose number `drops` names.
class UdpEcho {
public:
    explicit UdpEcho(std::function<bool(std::uint64_t number)> drops);
    ~UdpEcho();
    UdpEcho(const UdpEcho&) = delete;
    UdpEcho& operator=(const UdpEcho&) = delete;
    UdpEcho(UdpEcho&&) = delete;
    UdpEcho& operator=(UdpEcho&&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

private:
    void run();

    std::function<bool(std::uint64_t)> drops_;
    std::uint16_t port_ = 0; // before socket_, whose making sets it
    sys::UniqueFd socket_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> received_ = 0;
    std::thread thread_;
};

/// A TCP port of 127.0.0.1 on which nobody listens.
[[nodiscard]] std::uint16_t unused_port();

} // namespace usherd::bench

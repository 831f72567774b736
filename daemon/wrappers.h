// SPDX-License-Identifier: BSD-2-Clause
//
// tcp_wrappers: whom /etc/hosts.allow and /etc/hosts.deny let in. Where they have no rule, nobody
// is asked. Otherwise the client waits, bounded in time and number, while the helper
// (wrapper_process.h) asks libwrap; whoever cannot be judged is refused.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "config-parser/service_spec.h"
#include "daemon/gatekeeper.h"
#include "daemon/provoked_log.h"
#include "daemon/reaper.h"
#include "daemon/wrapper_files.h"
#include "daemon/wrapper_link.h"

namespace usherd::daemon {

/// True if this program was built with libwrap.
[[nodiscard]] bool has_libwrap() noexcept;

class Wrappers final : public ExitReceiver, private WrapperLinkOwner {
public:
    static constexpr std::size_t max_waiting = 4096;  ///< clients; others are refused
    static constexpr std::size_t max_processes = 512; ///< that look names up and run commands
    static constexpr std::chrono::seconds patience{60};

    /// All outlive it. @param others gets the exits that are none of ours
    Wrappers(sys::EventLoop& loop, ProvokedLog& log, ExitReceiver& others,
             WrapperLink::Settings settings);
    ~Wrappers() override;
    Wrappers(const Wrappers&) = delete;
    Wrappers& operator=(const Wrappers&) = delete;

    /// Whether the rules have to be asked. They are about hosts: not over UNIX sockets. The files
    /// are looked at once in a turn of the loop, not for each of a flood.
    /// @param family of the socket
    [[nodiscard]] bool concern(const config::ServiceSpec& spec, int family);
    /// Calls Gatekeeper::admit(), Gatekeeper::refuse() or service.on_taken_over(), later or, if the
    /// question cannot be put, now. @param slot none for a kept datagram
    void ask(Service& service, Arrival arrival, std::optional<access::Slot> slot) noexcept;
    /// Drops the clients of a service that goes away.
    void forget(const Service& service) noexcept;
    /// Slots that are held for it here.
    [[nodiscard]] std::size_t slots_of(const Service& service) const noexcept;

    // ExitReceiver
    void on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept override;

private:
    struct Client;
    using Clients = std::list<Client>;

    // WrapperLinkOwner
    void on_wrapper_answer(const WrapperAnswer& answer) noexcept override;
    void on_wrapper_room() noexcept override;
    void on_wrapper_lost() noexcept override;

    [[nodiscard]] bool put(Client& client) noexcept;
    void expect_answer(Client& client);
    void pump() noexcept;
    void on_pipe(Client& client) noexcept;
    void settle(Client& client, const WrapperAnswer& answer) noexcept;
    void take_over(Client& client) noexcept;
    void refuse(Client& client) noexcept;
    [[nodiscard]] static sys::Result<sys::UniqueFd> open_pipe(Client& client);
    void give_up(Client& client, std::string_view why) noexcept;
    void retire(Client& client) noexcept;
    void on_deadline() noexcept;
    void arm() noexcept;
    void clear_finished() noexcept;
    void at_end_of_turn() noexcept { have_rules_.reset(); }
    [[nodiscard]] Client* find(std::uint64_t id) noexcept;

    sys::EventLoop& loop_;
    ProvokedLog& log_;
    ExitReceiver& others_;
    WrapperFiles files_;
    std::optional<bool> have_rules_; ///< as they were in this turn
    std::uint64_t last_id_ = 0;
    std::size_t processes_ = 0;         ///< questions that are with a process, or soon will be
    std::size_t awaited_ = 0;           ///< of these, those whose process we have not been told
    std::unordered_set<pid_t> leaving_; ///< processes that have answered, or need not any more
    std::deque<std::uint64_t> unasked_; ///< in the order of their coming
    Clients clients_;                   ///< likewise, so in the order of their deadlines
    Clients finished_;                  ///< they may not die in their own callback
    std::unordered_map<std::uint64_t, Clients::iterator> by_id_;
    std::unordered_map<pid_t, Client*> by_pid_;
    sys::Timer deadline_;
    sys::Deferred pump_;
    sys::Deferred clear_;
    sys::Deferred end_of_turn_;
    WrapperLink link_; ///< last: its callbacks use all of the above
};

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
//
// Starts the probe, or another program, through a supervisor with real processes, and keeps what
// the supervisor tells.

#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/reaper.h"
#include "daemon/supervisor.h"
#include "tests/unit/sys/guarded_loop.h"

namespace usherd::daemon {

/// What an observer was told about one server.
struct Told {
    enum class What { started, start_failed, not_started, exited, unknown_exited, signalled };
    What what;
    pid_t pid;
    int number; ///< wait status, signal or errno
    core::SpawnFailure failure;

    bool operator==(const Told& other) const
    {
        return what == other.what && pid == other.pid && number == other.number;
    }
};

class RecordingObserver : public ServerObserver {
public:
    void on_started(const RunningServer& server) noexcept override;
    void on_start_failed(const RunningServer& server) noexcept override;
    void on_not_started(ServerStart start, int error_number) noexcept override;
    void on_exited(RunningServer&& server, int wait_status, const rusage& usage) noexcept override;
    void on_unknown_exited(pid_t pid, int wait_status) noexcept override;
    void on_signalled(const RunningServer& server, int signal) noexcept override;

    [[nodiscard]] std::size_t count(Told::What what) const;
    [[nodiscard]] const Told& last(Told::What what) const;

    std::vector<Told> told;
    std::deque<ServerStart> given_back;
    std::function<void()> on_change = [] {};

private:
    void add(Told told_now) noexcept;
};

/// What the probe wrote, line by line.
class ProbeReport {
public:
    explicit ProbeReport(const std::string& text);

    /// Values of the lines that start with `name: `.
    [[nodiscard]] std::vector<std::string> all(const std::string& name) const;
    /// Of the only one.
    [[nodiscard]] std::string one(const std::string& name) const;
    /// `fd N: ` lines without their prefix.
    [[nodiscard]] std::vector<std::string> descriptors() const;

private:
    std::vector<std::string> lines_;
};

/// Two ends of a connection; the client's is ours.
struct SocketPair {
    SocketPair();
    sys::UniqueFd server; ///< non-blocking, as accepted ones are
    sys::UniqueFd client; ///< blocking, reads give up after a time
};

/// Until the end of file. Fails the test if there is none in time.
[[nodiscard]] std::string read_all(int fd);

class HandlerHarness {
public:
    static constexpr ServiceKey service{7};

    /// With the loop's launcher and then, in another run of the same test, with a thread's.
    HandlerHarness();
    explicit HandlerHarness(unsigned workers);

    /// A service that runs the probe as the tests' own user.
    [[nodiscard]] static config::ServiceSpec probe_spec(std::vector<std::string> arguments = {});
    [[nodiscard]] static ServerStart start_for(const config::ServiceSpec& spec);
    /// Starts one server for `connection`.
    void launch(const config::ServiceSpec& spec, sys::UniqueFd connection);
    /// Until as many have been told.
    void run_until(Told::What what, std::size_t count = 1);
    /// Launches `spec`, runs until the server has exited, gives back what it wrote.
    [[nodiscard]] ProbeReport probe(const config::ServiceSpec& spec);

    sys::GuardedLoop guarded;
    RecordingObserver observer;
    Supervisor supervisor;
    Reaper reaper;
};

/// Open descriptors of this process.
[[nodiscard]] std::size_t open_descriptors();

} // namespace usherd::daemon

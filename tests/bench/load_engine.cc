// SPDX-License-Identifier: BSD-2-Clause
//
// The closed loop over epoll. A slot whose connection has ended starts the next at once; stale
// events cannot reach it, because an event carries the generation of the connection it is for.

#include "tests/bench/load_engine.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "daemon/sys/unique_fd.h"

namespace usherd::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Slot {
    sys::UniqueFd socket;
    std::uint32_t generation = 0;
    Clock::time_point begun;
    std::uint64_t received = 0;
    std::size_t sent = 0;
    bool active = false;
};

class Engine {
public:
    Engine(const LoadOptions& options, std::uint64_t connections, std::uint64_t first_source)
        : options_(options), left_(connections), unlimited_(connections == 0),
          next_source_(first_source), slots_(options.concurrency), buffer_(65536),
          epoll_(epoll_create1(EPOLL_CLOEXEC))
    {
        server_.sin_family = AF_INET;
        server_.sin_port = htons(options.port);
        usable_ = epoll_ && inet_pton(AF_INET, options.address.c_str(), &server_.sin_addr) == 1;
    }

    LoadResult run();

private:
    [[nodiscard]] bool may_begin();
    void fill_slots();
    void begin(std::size_t index);
    [[nodiscard]] bool open_socket(Slot& slot);
    [[nodiscard]] bool bind_source(int fd);
    [[nodiscard]] bool watch(std::size_t index);
    void end(Slot& slot, Outcome outcome);
    void fail(Slot& slot, int error_number);
    void handle(const epoll_event& event);
    void handle_tcp(Slot& slot, std::uint32_t events);
    void handle_udp(Slot& slot);
    [[nodiscard]] bool send_request(Slot& slot);
    [[nodiscard]] Outcome outcome_at_end(const Slot& slot) const;
    void expire();

    const LoadOptions& options_;
    std::uint64_t left_;
    bool unlimited_;
    std::uint64_t next_source_;
    std::vector<Slot> slots_;
    std::vector<std::size_t> idle_;
    std::vector<char> buffer_;
    sys::UniqueFd epoll_;
    sockaddr_in server_{};
    bool usable_ = false;
    std::size_t active_ = 0;
    Clock::time_point started_{};
    Clock::time_point next_expiry_{};
    LoadResult result_;
};

bool Engine::may_begin()
{
    if (!unlimited_ && left_ == 0)
        return false;
    return options_.time_limit.count() == 0 || Clock::now() - started_ < options_.time_limit;
}

bool Engine::bind_source(int fd)
{
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr =
        htonl(source_address(next_source_++, options_.sources, options_.network));
    // The port is chosen at connect, by the whole 4-tuple: else 28,000 ports in TIME_WAIT end it.
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0;
}

bool Engine::open_socket(Slot& slot)
{
    const int type = options_.udp ? SOCK_DGRAM : SOCK_STREAM;
    slot.socket = sys::UniqueFd(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!slot.socket || (options_.sources > 0 && !bind_source(slot.socket.get())))
        return false;
    slot.begun = Clock::now();
    return connect(slot.socket.get(), reinterpret_cast<const sockaddr*>(&server_),
                   sizeof server_) == 0 ||
           errno == EINPROGRESS;
}

bool Engine::watch(std::size_t index)
{
    Slot& slot = slots_[index];
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    if (!options_.udp && (!options_.request.empty() || options_.half_close))
        event.events |= EPOLLOUT;
    event.data.u64 = (std::uint64_t{slot.generation} << 32) | index;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot.socket.get(), &event) == 0;
}

void Engine::begin(std::size_t index)
{
    Slot& slot = slots_[index];
    if (!unlimited_)
        --left_;
    slot.received = 0;
    slot.sent = 0;
    slot.active = true;
    ++active_;
    if (options_.udp && options_.keep_sockets && slot.socket) {
        slot.begun = Clock::now();
    } else {
        ++slot.generation;
        if (!open_socket(slot) || !watch(index))
            return fail(slot, errno);
    }
    if (options_.udp && !send_request(slot))
        fail(slot, errno);
}

/// Starts connections in all idle slots; those that end at once make room again.
void Engine::fill_slots()
{
    while (!idle_.empty() && may_begin()) {
        const std::size_t index = idle_.back();
        idle_.pop_back();
        begin(index);
    }
}

void Engine::end(Slot& slot, Outcome outcome)
{
    if (outcome == Outcome::done)
        result_.times.add(Clock::now() - slot.begun);
    ++result_.counts[static_cast<std::size_t>(outcome)];
    result_.bytes += slot.received;
    slot.active = false;
    --active_;
    // A late reply must not be taken for the next one's.
    if (!options_.udp || !options_.keep_sockets || outcome != Outcome::done)
        slot.socket.reset();
    idle_.push_back(static_cast<std::size_t>(&slot - slots_.data()));
}

void Engine::fail(Slot& slot, int error_number)
{
    const Outcome outcome = outcome_of(error_number);
    if (outcome == Outcome::reset && options_.refusal && slot.received == 0)
        return end(slot, Outcome::done);
    if (outcome == Outcome::other && result_.first_other_error == 0)
        result_.first_other_error = error_number;
    end(slot, outcome);
}

Outcome Engine::outcome_at_end(const Slot& slot) const
{
    const bool wrong = options_.expected_bytes && slot.received != *options_.expected_bytes;
    return wrong || (options_.refusal && slot.received != 0) ? Outcome::wrong_size : Outcome::done;
}

/// False: failed, errno says why. All of it or a part: the next writable event brings the rest.
bool Engine::send_request(Slot& slot)
{
    const int fd = slot.socket.get();
    if (slot.sent < options_.request.size()) {
        const auto sent = send(fd, options_.request.data() + slot.sent,
                               options_.request.size() - slot.sent, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN;
        slot.sent += static_cast<std::size_t>(sent);
    }
    if (options_.udp || slot.sent < options_.request.size())
        return true;
    if (options_.half_close && shutdown(fd, SHUT_WR) != 0)
        return false;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.u64 =
        (std::uint64_t{slot.generation} << 32) | static_cast<std::size_t>(&slot - slots_.data());
    return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void Engine::handle_tcp(Slot& slot, std::uint32_t events)
{
    if ((events & EPOLLOUT) != 0 && (events & EPOLLERR) == 0 && !send_request(slot))
        return fail(slot, errno);
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
        return;
    for (;;) {
        const auto got = recv(slot.socket.get(), buffer_.data(), buffer_.size(), 0);
        if (got == 0)
            return end(slot, outcome_at_end(slot));
        if (got < 0) {
            if (errno != EAGAIN && errno != EINTR)
                fail(slot, errno);
            return;
        }
        slot.received += static_cast<std::uint64_t>(got);
        if ((events & (EPOLLRDHUP | EPOLLHUP)) == 0)
            return; // the end has not come yet: wait for it instead of asking
    }
}

void Engine::handle_udp(Slot& slot)
{
    const auto got = recv(slot.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got >= 0) {
        slot.received = static_cast<std::uint64_t>(got);
        end(slot, outcome_at_end(slot));
    } else if (errno != EAGAIN && errno != EINTR) {
        fail(slot, errno);
    }
}

void Engine::handle(const epoll_event& event)
{
    Slot& slot = slots_[event.data.u64 & 0xFFFFFFFFU];
    if (!slot.active || slot.generation != event.data.u64 >> 32)
        return;
    options_.udp ? handle_udp(slot) : handle_tcp(slot, event.events);
}

void Engine::expire()
{
    const auto now = Clock::now();
    if (now < next_expiry_)
        return;
    next_expiry_ = now + std::chrono::milliseconds{20};
    for (Slot& slot : slots_)
        if (slot.active && now - slot.begun >= options_.timeout)
            end(slot, Outcome::timeout);
}

LoadResult Engine::run()
{
    if (!usable_) {
        result_.counts[static_cast<std::size_t>(Outcome::other)] = 1;
        result_.first_other_error = EINVAL;
        return std::move(result_);
    }
    for (std::size_t i = slots_.size(); i > 0; --i)
        idle_.push_back(i - 1);
    result_.times.reserve(std::min<std::uint64_t>(left_, 1'000'000));
    started_ = Clock::now();
    std::array<epoll_event, 256> events{};
    for (fill_slots(); active_ > 0; fill_slots()) {
        constexpr int tick_ms = 20;
        const int count = epoll_wait(epoll_.get(), events.data(), events.size(), tick_ms);
        for (int i = 0; i < count; ++i)
            handle(events[static_cast<std::size_t>(i)]);
        expire();
    }
    result_.elapsed = Clock::now() - started_;
    return std::move(result_);
}

/// The share of thread `index` in `whole`.
template <typename Number>
Number share(Number whole, unsigned index, unsigned threads)
{
    return whole / threads + (index < whole % threads ? 1 : 0);
}

/// All threads together; a phase ends when the last of them has ended.
LoadResult run_phase(const LoadOptions& options, std::uint64_t connections,
                     std::uint64_t first_source)
{
    std::vector<LoadOptions> parts(options.threads, options);
    std::vector<LoadResult> results(options.threads);
    std::vector<std::thread> threads;
    const auto started = Clock::now();
    for (unsigned i = 0; i < options.threads; ++i) {
        const std::uint64_t mine = share(connections, i, options.threads);
        parts[i].concurrency = share(options.concurrency, i, options.threads);
        // Without a number each thread runs until the time is over.
        if (connections == 0 || mine > 0)
            threads.emplace_back([&part = parts[i], &result = results[i], mine, first_source] {
                result = Engine(part, mine, first_source).run();
            });
        first_source += mine > 0 ? mine : options.sources / options.threads;
    }
    LoadResult all;
    for (std::thread& thread : threads)
        thread.join();
    all.elapsed = Clock::now() - started;
    for (const LoadResult& result : results)
        all.merge(result);
    return all;
}

} // namespace

LoadResult run_load(const LoadOptions& options)
{
    if (options.warm_up > 0) {
        LoadOptions warm_up = options;
        warm_up.time_limit = std::chrono::milliseconds{0};
        static_cast<void>(run_phase(warm_up, options.warm_up, 0));
    }
    return run_phase(options, options.connections, options.warm_up);
}

} // namespace usherd::bench

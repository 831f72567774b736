// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_events.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/control/json.h"

namespace usherd::daemon {

namespace {

/// A turn's work: what is written costs much more than what is passed over.
constexpr std::size_t most_lines = 200;
constexpr std::size_t most_looks = 20'000;
constexpr std::size_t most_queued = std::size_t{1024} * 1024;

class EventLines final : public HttpBody {
public:
    EventLines(const core::EventRing& ring, const control::GetEvents& request,
               core::EventFilter filter)
        : ring_(ring), filter_(std::move(filter)), next_(request.since.value_or(ring.first())),
          end_(ring.next()), follows_(request.follow)
    {
        // A number from before the daemon's start, or from another one's life.
        next_ = std::min(next_, end_);
        if (next_ < ring_.first())
            missed_ = ring_.first() - next_;
        next_ = std::max(next_, ring_.first());
    }

    Next produce(std::string& out) noexcept override
    {
        if (const auto missed = std::exchange(missed_, 0); missed > 0)
            write_gap(out, control::EventKind::missed, missed, next_);
        if (next_ < ring_.first()) {
            write_gap(out, control::EventKind::dropped, ring_.first() - next_, next_);
            return Next::end;
        }
        const std::uint64_t end = follows_ ? ring_.next() : end_;
        std::size_t lines = 0;
        for (std::size_t looks = 0; next_ < end && looks < most_looks && lines < most_lines;
             ++next_, ++looks) {
            const core::EventRecord& record = ring_.at(next_);
            if (!filter_.lets_pass(record))
                continue;
            out += control::to_json(core::to_event(record, next_));
            out += '\n';
            ++lines;
        }
        if (next_ < end)
            return Next::more;
        return follows_ ? Next::idle : Next::end;
    }
    [[nodiscard]] std::size_t most_waiting() const noexcept override { return most_queued; }

private:
    static void write_gap(std::string& out, control::EventKind kind, std::uint64_t count,
                          std::uint64_t next)
    {
        control::Event event;
        event.seq = next;
        event.at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        event.kind = kind;
        event.count = count;
        out += control::to_json(event);
        out += '\n';
    }

    const core::EventRing& ring_;
    const core::EventFilter filter_;
    std::uint64_t next_;
    const std::uint64_t end_; ///< without follow: what was there when it was asked
    std::uint64_t missed_ = 0;
    const bool follows_;
};

} // namespace

std::unique_ptr<HttpBody> event_lines(const core::EventRing& ring,
                                      const control::GetEvents& request, core::EventFilter filter)
{
    return std::make_unique<EventLines>(ring, request, std::move(filter));
}

} // namespace usherd::daemon

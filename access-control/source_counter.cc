// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/source_counter.h"

#include <cassert>
#include <utility>

namespace usherd::access {

struct SourceCounter::Tally {
    void add(const std::optional<IpAddress>& source)
    {
        if (source)
            ++by_source[*source]; // first, because it alone can fail
        ++running;
    }

    void remove(const std::optional<IpAddress>& source) noexcept
    {
        assert(running > 0);
        --running;
        if (!source)
            return;
        const auto entry = by_source.find(*source);
        assert(entry != by_source.end());
        if (--entry->second == 0)
            by_source.erase(entry);
    }

    std::uint32_t running = 0;
    std::unordered_map<IpAddress, std::uint32_t> by_source; ///< no zeroes
};

// Without a tally until the first slot: most of ten thousand services never need one.
SourceCounter::SourceCounter() = default;

std::uint32_t SourceCounter::running() const noexcept
{
    return tally_ == nullptr ? 0 : tally_->running;
}

std::uint32_t SourceCounter::running_from(const IpAddress& source) const noexcept
{
    if (tally_ == nullptr)
        return 0;
    const auto entry = tally_->by_source.find(source);
    return entry == tally_->by_source.end() ? 0 : entry->second;
}

std::size_t SourceCounter::sources() const noexcept
{
    return tally_ == nullptr ? 0 : tally_->by_source.size();
}

Slot SourceCounter::take(const std::optional<IpAddress>& source)
{
    if (tally_ == nullptr)
        tally_ = std::make_shared<Tally>();
    return {tally_, source};
}

Slot::Slot(std::shared_ptr<SourceCounter::Tally> tally, const std::optional<IpAddress>& source)
    : tally_(std::move(tally)), source_(source)
{
    tally_->add(source_);
}

Slot::Slot(Slot&&) noexcept = default;

Slot::~Slot()
{
    if (tally_)
        tally_->remove(source_);
}

} // namespace usherd::access

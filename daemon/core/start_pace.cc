// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/start_pace.h"

#include <algorithm>

namespace usherd::core {

StartPace::StartPace(std::size_t many, std::size_t few) : many_(many), few_(few)
{
    young_.reserve(many_);
}

void StartPace::began(int pid, SteadyTime now)
{
    if (young_.size() == many_)
        young_.erase(young_.begin());
    young_.push_back({pid, now});
}

void StartPace::exited(int pid) noexcept
{
    const auto found = std::find_if(young_.begin(), young_.end(),
                                    [pid](const Begun& begun) { return begun.pid == pid; });
    if (found != young_.end())
        young_.erase(found);
}

bool StartPace::is_enough(SteadyTime now) noexcept
{
    const auto still_young = std::find_if(
        young_.begin(), young_.end(), [now](const Begun& begun) { return now - begun.at < youth; });
    young_.erase(young_.begin(), still_young);
    if (young_.size() >= many_)
        is_enough_ = true;
    else if (young_.size() <= few_)
        is_enough_ = false;
    return is_enough_;
}

} // namespace usherd::core

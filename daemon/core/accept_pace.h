// SPDX-License-Identifier: BSD-2-Clause
//
// How many connections are taken from a listener before the loop turns. To ask for one that is not
// there is dear: the kernel makes a socket first, for nothing, and a child that has just been made
// waits meanwhile. So where turn after turn has found one and no second, none is asked for in the
// next ones. A listener that still has connections is readable, and the next turn comes at once:
// in a crowd that comes then, a client waits a turn for each before it, for so many turns at most.
// Pure.

#pragma once

#include <cstdint>

namespace usherd::core {

class AcceptPace {
public:
    /// One busy listener must not starve another.
    static constexpr int most = 16;
    /// So many turns in a row that found one connection are believed, ...
    static constexpr int believed_after = 8;
    /// ... for so many turns.
    static constexpr int believed_for = 40;

    /// How many to take in this turn: `most`, or one.
    [[nodiscard]] int allowance() const noexcept { return turns_ < believed_after ? most : 1; }
    /// @param found connections, in a turn that took as many as there were up to allowance(); one
    ///              that was cut short, for want of descriptors say, is not told
    void turned(int found) noexcept
    {
        const bool starts_anew =
            turns_ < believed_after ? found != 1 : turns_ == believed_after + believed_for - 1;
        turns_ = starts_anew ? std::uint8_t{0} : static_cast<std::uint8_t>(turns_ + 1);
    }

private:
    std::uint8_t turns_ = 0; ///< that found one connection each, then those that asked for no other
};

} // namespace usherd::core

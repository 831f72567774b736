// SPDX-License-Identifier: BSD-2-Clause
//
// A peer may cause at most one line for each service, kind of message and second; the rest is
// counted and summarised. Pure. Not for the records that log_on_failure asks for.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usherd::core {

class LineBudget {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    struct Summary {
        std::string text; ///< of the last line that was held back
        int level = 0;    ///< its level, as given
        std::uint64_t held_back = 0;
    };

    /// @param kind names the kind of message: a literal
    /// @param level given back in the summary
    /// @return true: write the line now; false: it is counted.
    [[nodiscard]] bool take(std::string_view service, std::string_view kind, std::string_view text,
                            int level, SteadyTime now);
    /// What was held back in seconds that are over. A summary is its own second's line.
    [[nodiscard]] std::vector<Summary> collect(SteadyTime now);
    /// When collect() will next have something to do; absent: nothing is remembered.
    [[nodiscard]] std::optional<SteadyTime> next_due() const;

private:
    struct Entry {
        SteadyTime since; ///< start of the second that has had its line
        std::uint64_t held_back = 0;
        std::string last_text;
        int level = 0;
    };
    std::map<std::pair<std::string, std::string>, Entry, std::less<>> entries_;
};

/// `TEXT … and 41 more in the last second`; TEXT alone if it is the only one.
[[nodiscard]] std::string summary_line(const LineBudget::Summary& summary);

} // namespace usherd::core

// SPDX-License-Identifier: BSD-2-Clause
//
// Pipes through which splice(2) moves bytes from one socket to another without copying them into
// the process. A pool, because a relay needs one only while bytes are on their way: thousands of
// idle relays hold none.

#pragma once

#include <cstddef>
#include <vector>

#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::sys {

/// An empty or partly filled pipe. `held` bytes have gone in and not come out.
struct SplicePipe {
    UniqueFd read_end;
    UniqueFd write_end;
    std::size_t held = 0;

    explicit operator bool() const noexcept { return static_cast<bool>(read_end); }
};

class SplicePipePool {
public:
    /// @param capacity of each pipe in bytes; the kernel may give less (pipe(7)).
    /// @param most_kept how many unused pipes are kept.
    explicit SplicePipePool(int capacity = 512 * 1024, std::size_t most_kept = 64)
        : capacity_(capacity), most_kept_(most_kept)
    {
    }

    [[nodiscard]] Result<SplicePipe> take();
    /// An empty pipe is kept for the next one, another is closed.
    void give_back(SplicePipe pipe) noexcept;
    [[nodiscard]] std::size_t kept() const noexcept { return unused_.size(); }

private:
    int capacity_;
    std::size_t most_kept_;
    std::vector<SplicePipe> unused_;
};

/// What one splice did.
enum class SpliceOutcome { moved, would_block, end_of_stream, failed };

struct Spliced {
    SpliceOutcome outcome = SpliceOutcome::would_block;
    std::size_t bytes = 0;
    int error_number = 0;
};

/// Socket → pipe, at most `most` bytes. Does not wait.
[[nodiscard]] Spliced fill(SplicePipe& pipe, int from, std::size_t most) noexcept;
/// Pipe → socket, all that is held. Does not wait.
[[nodiscard]] Spliced drain(SplicePipe& pipe, int to) noexcept;

} // namespace usherd::sys

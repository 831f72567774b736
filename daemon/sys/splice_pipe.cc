// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/splice_pipe.h"

#include <fcntl.h>

namespace usherd::sys {

Result<SplicePipe> SplicePipePool::take()
{
    if (!unused_.empty()) {
        SplicePipe pipe = std::move(unused_.back());
        unused_.pop_back();
        return pipe;
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return last_error("pipe2");
    SplicePipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1]), 0};
    // Refused where a user's pipes take too much memory already: the default size works, too.
    (void)::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, capacity_);
    return pipe;
}

void SplicePipePool::give_back(SplicePipe pipe) noexcept
{
    if (pipe && pipe.held == 0 && unused_.size() < most_kept_)
        unused_.push_back(std::move(pipe));
}

namespace {

Spliced splice_once(int from, int to, std::size_t most) noexcept
{
    const ssize_t count =
        ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count > 0)
        return {SpliceOutcome::moved, static_cast<std::size_t>(count), 0};
    if (count == 0)
        return {SpliceOutcome::end_of_stream, 0, 0};
    if (errno == EAGAIN || errno == EINTR)
        return {SpliceOutcome::would_block, 0, errno};
    return {SpliceOutcome::failed, 0, errno};
}

} // namespace

Spliced fill(SplicePipe& pipe, int from, std::size_t most) noexcept
{
    const Spliced result = splice_once(from, pipe.write_end.get(), most);
    pipe.held += result.bytes;
    return result;
}

Spliced drain(SplicePipe& pipe, int to) noexcept
{
    const Spliced result = splice_once(pipe.read_end.get(), to, pipe.held);
    pipe.held -= result.bytes;
    return result;
}

} // namespace usherd::sys

// SPDX-License-Identifier: BSD-2-Clause
//
// Runs something that changes its process in a process of its own.

#pragma once

#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sys/unique_fd.h"

namespace usherd::tests {

struct ChildOutcome {
    int wait_status = -1;
    std::string output; ///< what it and its children wrote to stderr
};

/// @param work its result is the child's exit status. stderr is a pipe to the test.
inline ChildOutcome run_in_child(const std::function<int()>& work)
{
    int ends[2];
    if (::pipe(ends) < 0)
        return {};
    sys::UniqueFd reading(ends[0]);
    sys::UniqueFd writing(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(writing.get(), STDERR_FILENO);
        writing.reset();
        reading.reset();
        ::_exit(work());
    }
    writing.reset();
    ChildOutcome outcome;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(reading.get(), buffer, sizeof buffer)) > 0;)
        outcome.output.append(buffer, static_cast<std::size_t>(count));
    ::waitpid(child, &outcome.wait_status, 0);
    return outcome;
}

/// For use in the child.
inline void say(const std::string& text)
{
    (void)!::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace usherd::tests

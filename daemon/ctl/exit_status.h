// SPDX-License-Identifier: BSD-2-Clause
//
// What usherctl ends with.

#pragma once

#include <cstdint>

namespace usherd::ctl {

/// @see usherctl(8), EXIT STATUS
enum class ExitStatus : std::uint8_t {
    done = 0,
    no = 1,        ///< the answer is no: refused, errors found, something could not be converted
    usage = 2,     ///< the command line
    no_daemon = 3, ///< nobody answers at the status socket
    not_permitted = 4, ///< the daemon, or the socket's mode, says so
};

} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/process_traits.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/systemd.h"

namespace usherd::daemon {

core::DaemonTraits prepare_process()
{
    core::DaemonTraits traits;
    traits.is_root = ::geteuid() == 0;
    traits.has_selinux = ::access("/sys/fs/selinux/enforce", F_OK) == 0;
    for (char** variable = environ; *variable != nullptr; ++variable)
        if (!is_supervisor_variable(*variable))
            traits.environment.emplace_back(*variable);
    // xinetd gives its servers 4096 where the hard limit is infinite.
    constexpr std::uint64_t stands_for_infinity = 4096;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        traits.open_files_hard =
            files.rlim_max == RLIM_INFINITY ? stands_for_infinity : files.rlim_max;
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    constexpr mode_t never_less = 022;
    traits.umask = ::umask(never_less) | never_less;
    ::umask(traits.umask);
    return traits;
}

} // namespace usherd::daemon

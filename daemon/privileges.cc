// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/privileges.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef USHERD_HAVE_CAPNG
#include <cap-ng.h>
#endif

namespace usherd::daemon {

#ifdef USHERD_HAVE_CAPNG

namespace {

// A reload may bring any service, and what has been given up does not come back: all that any of
// them takes.
constexpr std::array<unsigned, 11> kept{
    CAP_SETUID,           // user
    CAP_SETGID,           // group, groups
    CAP_NET_BIND_SERVICE, // ports below 1024, in files that are not written yet, too
    CAP_SYS_RESOURCE,     // rlimit_*, and descriptors above the hard limit of whoever started us
    CAP_SYS_NICE,         // nice below 0
    CAP_KILL,             // handlers of other users
    CAP_DAC_OVERRIDE,     // files and directories that belong to others: logs, banners, sockets
    CAP_CHOWN,            // socket_owner, socket_group, status_group
    CAP_FOWNER,           // socket_mode, after that
    CAP_NET_RAW,          // socket_type raw
    CAP_NET_ADMIN,        // filters on the sockets of wait services: newer kernels ask for it
};

} // namespace

sys::Result<void> give_up_capabilities() noexcept
{
    if (::geteuid() != 0)
        return {};
    if (::capng_get_caps_process() < 0)
        return sys::SysError{"capget", EINVAL};
    constexpr auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
    const auto last = static_cast<unsigned>(std::max(CAP_LAST_CAP, 0));
    for (unsigned capability = 0; capability <= last; ++capability)
        if (std::find(kept.begin(), kept.end(), capability) == kept.end())
            ::capng_update(CAPNG_DROP, sets, capability);
    if (::capng_apply(CAPNG_SELECT_CAPS) < 0)
        return sys::last_error("capset");
    return {};
}

#else

sys::Result<void> give_up_capabilities() noexcept
{
    return {};
}

#endif

sys::Result<void> forbid_new_privileges() noexcept
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return sys::last_error("prctl");
    return {};
}

void forbid_core_dumps() noexcept
{
    // The leak check of the address sanitizer traces its own process.
#ifndef __SANITIZE_ADDRESS__
    if (::geteuid() == 0)
        ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // cannot fail with these arguments
#endif
}

sys::Result<void> give_up_privileges(const Options& options) noexcept
{
    if (!options.core_dumps)
        forbid_core_dumps();
    if (auto given_up = give_up_capabilities(); !given_up || !options.no_new_privs)
        return given_up;
    return forbid_new_privileges();
}

} // namespace usherd::daemon

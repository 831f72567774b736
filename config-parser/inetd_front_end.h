// SPDX-License-Identifier: BSD-2-Clause
//
// inetd.conf(5) to RawDocument: one line, one service. What xinetd understands with -inetd_compat
// means what it means there; forms of the inetds of Debian, FreeBSD, NetBSD and OpenBSD that xinetd
// does not understand mean what they mean there, or are told to the operator.
// @see usherd.conf(5), INETD.CONF

#pragma once

#include <string_view>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// Which forms are understood, and what `tcp6` and `udp6` mean where no `tcp` entry of the same
/// service takes IPv4 clients.
enum class InetdDialect : std::uint8_t {
    bsd,    ///< all of them; tcp6 is for IPv6 clients, as with the BSDs and Debian's openbsd-inetd
    gnu,    ///< all of them; tcp6 is for IPv4 clients, too, as with GNU inetutils (-inetd_ipv6)
    xinetd, ///< those of xinetd, with its ids, for a daemon that was started by its name
};

/// Sections have RawSection::from_inetd set, and each attribute has the place of the field it comes
/// from.
[[nodiscard]] RawDocument read_inetd(std::string_view text, SourceId file, InetdDialect dialect);

} // namespace usherd::config

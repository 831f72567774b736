// SPDX-License-Identifier: BSD-2-Clause
//
// /etc/hosts.allow and /etc/hosts.deny: whether they have rules and what these take, known at every
// moment for the price of two stat(2). They are read again when they have changed; what they say
// about a client is libwrap's to say.

#pragma once

#include <array>
#include <string>
#include <sys/stat.h>

#include "daemon/core/wrapper_rules.h"

namespace usherd::daemon {

class WrapperFiles {
public:
    WrapperFiles() : WrapperFiles("/etc/hosts.allow", "/etc/hosts.deny") {}
    WrapperFiles(std::string allow, std::string deny);

    /// Of both files. One that cannot be read, by us or by everybody, takes a process: libwrap
    /// refuses whom it cannot judge, and the server's user may be the one who cannot read it.
    [[nodiscard]] core::WrapperNeed need();
    /// The first that has rules; empty: none has.
    [[nodiscard]] std::string with_rules();

private:
    struct File {
        std::string path;
        bool is_known = false;
        struct stat status {}; ///< when it was read; all zero: it was not there
        core::WrapperNeed need = core::WrapperNeed::nothing;
    };
    static void refresh(File& file);

    std::array<File, 2> files_;
};

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrappers.h"

#include "config-parser/disk_file_source.h"

namespace usherd::daemon {

bool has_rules(std::string_view text) noexcept
{
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#')
            return true;
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + 1);
    }
    return false;
}

std::optional<std::string> find_wrapper_rules()
{
    config::DiskFiles files;
    for (const char* path : {"/etc/hosts.deny", "/etc/hosts.allow"}) {
        const auto read = files.read(path);
        const auto* text = std::get_if<config::FileSource::Text>(&read);
        if (text != nullptr && has_rules(**text))
            return path;
    }
    return std::nullopt;
}

bool is_wrapped(const config::ServiceSpec& spec) noexcept
{
    return !spec.flags.has(config::ServiceFlag::nolibwrap);
}

} // namespace usherd::daemon

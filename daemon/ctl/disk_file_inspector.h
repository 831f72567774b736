// SPDX-License-Identifier: BSD-2-Clause
//
// The file system as the linter asks about it.

#pragma once

#include "config-parser/file_inspector.h"

namespace usherd::ctl {

class DiskFileInspector final : public config::FileInspector {
public:
    [[nodiscard]] std::optional<config::FileStatus> status(const std::string& path) override;
};

} // namespace usherd::ctl

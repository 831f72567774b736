// SPDX-License-Identifier: BSD-2-Clause
//
// The linter: what a configuration says that is legal and yet hardly meant. Rules have stable ids,
// listed in lint_rules.cc and in usherctl(8), LINT RULES. Knows the disk by FileSource and
// FileInspector only; prints nothing.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config-parser/file_inspector.h"
#include "config-parser/load.h"

namespace usherd::config {

/// In the order of their numbers: UL001 is the first.
enum class Lint : std::uint8_t {
    duplicate_entry,
    shadowed_entry,
    in_both_lists,
    server_not_executable,
    file_writable,
    server_writable,
    argv0_doubled,
    argv0_missing,
    skipped_file,
    shared_port,
    cap_above_descriptors,
    udp_open,
    agent_open,
    stderr_to_client,
    setuid_in_vain,
};
inline constexpr int lint_count = 15;

struct LintRule {
    Lint lint;
    std::string_view id;      ///< `UL001`; never reused
    std::string_view name;    ///< `duplicate-entry`
    Severity severity;        ///< error, warning or info
    std::string_view summary; ///< one sentence
    std::string_view remedy;  ///< one sentence
};

/// Indexed by Lint.
[[nodiscard]] std::span<const LintRule> lint_rules() noexcept;

struct LintOptions {
    std::string base_directory; ///< as in LoadOptions
    /// RLIMIT_NOFILE that the daemon will have; 0: unknown, and UL011 is not checked.
    std::uint64_t descriptor_limit = 0;
    std::uint32_t uid = 0; ///< of whoever asks: his own files are no danger to him
    /// One drop-in alone: `defaults` stand elsewhere, and what they may say is told as `info` only.
    bool is_fragment = false;
};

struct Finding {
    const LintRule* rule;
    Diagnostic diagnostic;
};

/// All findings over a load that was made with keep_rule_places, rule by rule, at most
/// Diagnostics::max_kept.
/// @param files the source that the load read; read again for the lines shown.
[[nodiscard]] std::vector<Finding> lint(const LoadResult& loaded, FileSource& files,
                                        FileInspector& inspector, const LintOptions& options);

} // namespace usherd::config

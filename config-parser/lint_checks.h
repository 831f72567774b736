// SPDX-License-Identifier: BSD-2-Clause
//
// What the linter's rules share. The rules are in lint_addresses.cc, lint_files.cc,
// lint_servers.cc and lint_network.cc; lint.cc runs them.

#pragma once

#include <map>
#include <set>

#include "config-parser/lint.h"

namespace usherd::config {

class LintRun {
public:
    /// All outlive it.
    LintRun(const LoadResult& loaded, FileSource& files, FileInspector& inspector,
            const LintOptions& options);
    ~LintRun();
    LintRun(const LintRun&) = delete;
    LintRun& operator=(const LintRun&) = delete;

    /// About `length` bytes at `where`. @return to add to.
    Diagnostic& report(Lint lint, SourceLocation where, std::size_t length, std::string message);
    /// About a service: at its attribute, or at the service itself where that is not given in it.
    Diagnostic& report(Lint lint, const ServiceSpec& spec, std::string_view attribute,
                       const std::string& message);

    [[nodiscard]] const LoadResult& loaded() const noexcept { return loaded_; }
    [[nodiscard]] const LintOptions& options() const noexcept { return options_; }
    /// Remembered: a thousand services may share one server.
    [[nodiscard]] std::optional<FileStatus> status(const std::string& path);
    /// The text of a file of at most `max_bytes`; null if there is none.
    [[nodiscard]] FileSource::Text text(const std::string& path, std::uint64_t max_bytes);
    [[nodiscard]] std::string place(SourceLocation where) const; ///< `FILE:LINE`

    [[nodiscard]] std::vector<Finding> take_findings() &&;

private:
    [[nodiscard]] std::string resolve(const std::string& path) const;

    const LoadResult& loaded_;
    FileSource& files_;
    FileInspector& inspector_;
    const LintOptions& options_;
    Diagnostics found_;
    std::vector<Lint> rules_; ///< of each one found
    std::map<std::string, std::optional<FileStatus>> statuses_;
    std::map<std::string, FileSource::Text> texts_;
};

/// Where an attribute of a service was given; none if it was not, or in `defaults` alone.
[[nodiscard]] std::optional<SourceLocation> own_place(const ServiceSpec& spec,
                                                      std::string_view attribute);
[[nodiscard]] std::string_view base_name(std::string_view path) noexcept;
/// The directories that lead to `path`, from / on.
[[nodiscard]] std::vector<std::string> directories_above(std::string_view path);

void lint_addresses(LintRun& run);
void lint_files(LintRun& run);
void lint_servers(LintRun& run);
void lint_network(LintRun& run);

} // namespace usherd::config

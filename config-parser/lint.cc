// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/lint.h"

#include "config-parser/attribute_table.h"
#include "config-parser/lint_checks.h"

namespace usherd::config {

LintRun::LintRun(const LoadResult& loaded, FileSource& files, FileInspector& inspector,
                 const LintOptions& options)
    : loaded_(loaded), files_(files), inspector_(inspector), options_(options),
      found_(*loaded.sources)
{
    loaded_.sources->set_reader([this](const std::string& path) {
        auto outcome = files_.read(resolve(path));
        auto* text = std::get_if<FileSource::Text>(&outcome);
        return text != nullptr ? std::move(*text) : nullptr;
    });
}

LintRun::~LintRun()
{
    loaded_.sources->set_reader(nullptr);
}

std::string LintRun::resolve(const std::string& path) const
{
    return options_.base_directory.empty() || path.starts_with('/')
               ? path
               : options_.base_directory + '/' + path;
}

Diagnostic& LintRun::report(Lint lint, SourceLocation where, std::size_t length,
                            std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = lint_rules()[static_cast<std::size_t>(lint)].severity;
    diagnostic.location = where;
    diagnostic.length = static_cast<std::uint32_t>(length);
    diagnostic.message = std::move(message);
    const std::size_t before = found_.all().size();
    Diagnostic& stored = found_.add(std::move(diagnostic));
    if (found_.all().size() > before)
        rules_.push_back(lint);
    return stored;
}

Diagnostic& LintRun::report(Lint lint, const ServiceSpec& spec, std::string_view attribute,
                            const std::string& message)
{
    const auto own = own_place(spec, attribute);
    const std::size_t length = own ? attribute.size() : std::string_view{"service"}.size();
    Diagnostic& stored = report(lint, own.value_or(spec.location), length,
                                fmt::format("service '{}': {}", spec.id, message));
    stored.service = spec.id;
    stored.attribute = attribute;
    return stored;
}

std::optional<FileStatus> LintRun::status(const std::string& path)
{
    const auto known = statuses_.find(path);
    if (known != statuses_.end())
        return known->second;
    return statuses_[path] = inspector_.status(resolve(path));
}

FileSource::Text LintRun::text(const std::string& path, std::uint64_t max_bytes)
{
    const auto known = texts_.find(path);
    if (known != texts_.end())
        return known->second;
    FileSource::Text& text = texts_[path];
    const auto found = status(path);
    if (!found || found->is_directory || found->size > max_bytes)
        return text;
    auto outcome = files_.read(resolve(path));
    if (auto* read = std::get_if<FileSource::Text>(&outcome))
        text = std::move(*read);
    return text;
}

std::string LintRun::place(SourceLocation where) const
{
    return fmt::format("{}:{}", loaded_.sources->path(where.file), where.line);
}

std::vector<Finding> LintRun::take_findings() &&
{
    std::vector<Finding> findings;
    findings.reserve(rules_.size());
    for (std::size_t i = 0; i < rules_.size(); ++i)
        findings.push_back({&lint_rules()[static_cast<std::size_t>(rules_[i])], found_.all()[i]});
    return findings;
}

std::optional<SourceLocation> own_place(const ServiceSpec& spec, std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    const auto origin = row ? spec.origin_of(*row) : std::nullopt;
    return origin && !origin->inherited ? std::optional{origin->location} : std::nullopt;
}

std::string_view base_name(std::string_view path) noexcept
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> directories_above(std::string_view path)
{
    std::vector<std::string> directories;
    if (path.starts_with('/'))
        directories.emplace_back("/");
    for (std::size_t slash = path.find('/', 1); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
        directories.emplace_back(path.substr(0, slash));
    return directories;
}

std::vector<Finding> lint(const LoadResult& loaded, FileSource& files, FileInspector& inspector,
                          const LintOptions& options)
{
    LintRun run(loaded, files, inspector, options);
    lint_addresses(run);
    lint_servers(run);
    lint_network(run);
    lint_files(run);
    return std::move(run).take_findings();
}

} // namespace usherd::config

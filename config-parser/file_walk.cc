// SPDX-License-Identifier: BSD-2-Clause
//
// include and includedir.

#include "config-parser/file_walk.h"

#include <algorithm>

#include "config-parser/recall.h"
#include "config-parser/xinetd_front_end.h"
#include "config-parser/yaml_front_end.h"

namespace usherd::config {

namespace {

RawDocument parse(std::string_view text, SourceId file, FrontEnd front_end)
{
    return front_end == FrontEnd::yaml ? read_yaml(text, file) : read_xinetd(text, file);
}

std::string why(const FileError& error)
{
    return error.text.empty() ? "it cannot be read" : error.text;
}

} // namespace

FileWalk::FileWalk(FileSource& files, Sources& sources, Diagnostics& diagnostics,
                   std::string base_directory, Visitor visitor)
    : files_(files), sources_(sources), diagnostics_(diagnostics),
      base_directory_(std::move(base_directory)), visitor_(std::move(visitor))
{
    sources_.set_reader([this](const std::string& path) {
        auto outcome = files_.read(resolve(path));
        auto* text = std::get_if<FileSource::Text>(&outcome);
        return text != nullptr ? std::move(*text) : nullptr;
    });
}

FileWalk::~FileWalk()
{
    sources_.set_reader(nullptr);
}

std::string FileWalk::resolve(const std::string& path) const
{
    if (base_directory_.empty() || path.starts_with('/'))
        return path;
    return base_directory_ + '/' + path;
}

Diagnostic& FileWalk::report(Severity severity, const Word& path, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.effect = Effect::line_ignored;
    diagnostic.location = path.location;
    diagnostic.length = static_cast<std::uint32_t>(path.text.size());
    diagnostic.message = std::move(message);
    return diagnostics_.add(std::move(diagnostic));
}

void FileWalk::note_unreadable(const std::string& path, const FileError& error)
{
    if (error.kind != FileError::Kind::missing)
        unreadable_.push_back(path);
}

void FileWalk::read_main(const std::string& path)
{
    auto outcome = files_.read(resolve(path));
    if (const auto* error = std::get_if<FileError>(&outcome)) {
        const SourceId id = sources_.add(path, nullptr);
        Diagnostic& diagnostic =
            diagnostics_.error({id, 0, 0}, "the main file cannot be read: {}", why(*error));
        diagnostic.effect = Effect::load_refused;
        main_file_error_ = brief(diagnostic);
        return;
    }
    open_files_.push_back({resolve(path), {}});
    read_text(path, std::get<FileSource::Text>(std::move(outcome)), front_end_for_named(path));
    open_files_.pop_back();
}

void FileWalk::read_inetd_conf(const std::string& path, InetdDialect dialect)
{
    auto outcome = files_.read(resolve(path));
    const auto* error = std::get_if<FileError>(&outcome);
    if (error != nullptr && error->kind == FileError::Kind::missing)
        return;
    const auto text = error == nullptr ? std::get<FileSource::Text>(std::move(outcome)) : nullptr;
    const SourceId id = sources_.add(path, text);
    if (error != nullptr) {
        note_unreadable(path, *error);
        diagnostics_.error({id, 0, 0}, "cannot be read: {}", why(*error)).effect =
            Effect::line_ignored;
        return;
    }
    visit(read_inetd(*text, id, dialect));
    sources_.drop_text(id);
}

SourceId FileWalk::read_text(const std::string& path, const FileSource::Text& text,
                             FrontEnd front_end)
{
    ++files_read_;
    bytes_read_ += text->size();
    const SourceId id = sources_.add(path, text);
    RawDocument document = parse(*text, id, front_end);
    if (open_files_.size() == 1)
        main_file_is_clean_ = document.clean;
    visit(std::move(document));
    sources_.drop_text(id);
    return id;
}

void FileWalk::visit(RawDocument document)
{
    for (auto& item : document.items) {
        if (auto* section = std::get_if<RawSection>(&item)) {
            visitor_(std::move(*section));
        } else if (auto* lost = std::get_if<LostService>(&item)) {
            visitor_(std::move(*lost));
        } else if (auto* diagnostic = std::get_if<Diagnostic>(&item)) {
            diagnostics_.add(std::move(*diagnostic));
        } else {
            const auto& include = std::get<RawInclude>(item);
            if (recall_ != nullptr)
                recall_->on_other();
            if (include.kind == RawInclude::Kind::file)
                include_file(include.path);
            else
                include_directory(include.path);
        }
    }
}

bool FileWalk::within_limits(const Word& path)
{
    if (files_read_ < max_files && bytes_read_ < max_total_bytes)
        return true;
    if (!limit_reported_)
        report(Severity::error, path,
               fmt::format("no more files are read: {} files with {} bytes are too many",
                           files_read_, bytes_read_));
    limit_reported_ = true;
    return false;
}

bool FileWalk::may_enter(const std::vector<Link>& chain, const std::string& resolved,
                         const Word& path)
{
    const auto earlier = std::find_if(chain.begin(), chain.end(),
                                      [&](const Link& link) { return link.path == resolved; });
    if (earlier != chain.end()) {
        report(Severity::error, path,
               fmt::format("'{}' is being read already: it includes itself", path.text));
        for (auto link = std::next(earlier); link != chain.end(); ++link)
            diagnostics_.note(link->from, "by way of '{}'", link->path);
        return false;
    }
    if (open_files_.size() > max_depth) {
        report(Severity::error, path,
               fmt::format("'{}' is not read: files include each other more than {} deep",
                           path.text, max_depth));
        return false;
    }
    return within_limits(path);
}

void FileWalk::include_file(const Word& path)
{
    std::string resolved = resolve(path.text);
    if (!may_enter(open_files_, resolved, path))
        return;
    auto outcome = files_.read(resolved);
    if (const auto* error = std::get_if<FileError>(&outcome)) {
        note_unreadable(path.text, *error);
        const bool is_directory = std::holds_alternative<std::vector<std::string>>(
            error->kind == FileError::Kind::not_regular
                ? files_.list(resolved)
                : std::variant<std::vector<std::string>, FileError>{*error});
        Diagnostic& diagnostic =
            report(is_directory ? Severity::warning : Severity::error, path,
                   fmt::format("cannot include '{}': {}", path.text, why(*error)));
        diagnostic.unknown_to_xinetd = is_directory; // it reads nothing of one
        if (is_directory)
            diagnostic.suggestion = "did you mean 'includedir'?";
        return;
    }
    open_files_.push_back({std::move(resolved), path.location});
    read_text(path.text, std::get<FileSource::Text>(std::move(outcome)),
              front_end_for_named(path.text));
    open_files_.pop_back();
}

void FileWalk::include_directory(const Word& path)
{
    std::string resolved = resolve(path.text);
    if (!may_enter(open_directories_, resolved, path))
        return;
    auto outcome = files_.list(resolved);
    if (const auto* error = std::get_if<FileError>(&outcome)) {
        note_unreadable(path.text, *error);
        report(Severity::error, path,
               fmt::format("cannot read the directory '{}': {}", path.text, why(*error)));
        return;
    }
    auto& names = std::get<std::vector<std::string>>(outcome);
    std::sort(names.begin(), names.end()); // by byte value, whatever the locale
    const std::string directory = path.text.ends_with('/') ? path.text : path.text + '/';
    skip_by_name(directory, names, path);
    open_directories_.push_back({std::move(resolved), path.location});
    for (const std::string& name : names) {
        const FrontEnd front_end = front_end_for(name);
        if (front_end == FrontEnd::none)
            continue;
        if (!within_limits(path))
            break;
        read_drop_in(directory + name, front_end, path.location);
    }
    open_directories_.pop_back();
}

void FileWalk::skip_by_name(const std::string& directory, const std::vector<std::string>& names,
                            const Word& path)
{
    constexpr std::size_t most_named = 5;
    std::string list;
    std::size_t count = 0;
    for (const std::string& name : names) {
        if (front_end_for(name) != FrontEnd::none || name.starts_with('.'))
            continue; // hidden files are meant to be passed over
        skipped_files_.push_back(directory + name);
        if (++count <= most_named)
            list += (count > 1 ? ", " : "") + name;
    }
    if (count > most_named)
        list += fmt::format(" and {} more", count - most_named);
    if (count == 0)
        return;
    Diagnostic& diagnostic =
        report(Severity::info, path,
               fmt::format("not read in '{}', as their names hold a dot or end in '~': {}",
                           path.text, list));
    diagnostic.effect = Effect::none;
}

void FileWalk::read_drop_in(const std::string& path, FrontEnd front_end, SourceLocation from)
{
    std::string resolved = resolve(path);
    // One that is included by another drop-in is a part of it, and that is not remembered.
    if (recall_ == nullptr || in_drop_in_) {
        auto text = files_.read(resolved);
        take_drop_in(path, std::move(text), std::move(resolved), front_end, from);
        return;
    }
    if (const auto bytes = recall_->take(path, resolved)) {
        ++files_read_;
        bytes_read_ += *bytes;
        return;
    }
    in_drop_in_ = true;
    recall_->begin();
    auto [text, stamp] = recall_->read(resolved);
    recall_->end(take_drop_in(path, std::move(text), std::move(resolved), front_end, from), stamp);
    in_drop_in_ = false;
}

SourceId FileWalk::take_drop_in(const std::string& path,
                                std::variant<FileSource::Text, FileError> outcome,
                                std::string resolved, FrontEnd front_end, SourceLocation from)
{
    if (const auto* error = std::get_if<FileError>(&outcome)) {
        note_unreadable(path, *error);
        const SourceId id = sources_.add(path, nullptr);
        diagnostics_.error({id, 0, 0}, "cannot be read: {}", why(*error)).effect =
            Effect::line_ignored;
        return id;
    }
    open_files_.push_back({std::move(resolved), from});
    const SourceId id = read_text(path, std::get<FileSource::Text>(std::move(outcome)), front_end);
    open_files_.pop_back();
    return id;
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// Collecting diagnostics: where their source lines come from, and how much of them is kept. How
// they look is in render.cc.

#include "config-parser/diagnostic.h"

#include <algorithm>
#include <cstring>

namespace usherd::config {

namespace {

constexpr std::size_t lines_per_mark = 64;
constexpr std::size_t max_source_bytes = 512; ///< of a source line, kept for display

/// Start of the line after the one that holds `from`; past the end if that is the last one.
std::size_t next_line(std::string_view text, std::size_t from) noexcept
{
    const std::size_t end = text.find('\n', from);
    return end == std::string_view::npos ? text.size() : end + 1;
}

std::vector<std::size_t> mark_lines(std::string_view text)
{
    std::vector<std::size_t> marks;
    std::size_t start = 0;
    for (std::size_t number = 0; start < text.size(); ++number) {
        if (number % lines_per_mark == 0)
            marks.push_back(start);
        start = next_line(text, start);
    }
    return marks;
}

/// Cuts at a character, not inside one.
void cut_utf8(std::string& text, std::size_t limit)
{
    if (text.size() <= limit)
        return;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U)
        --limit;
    text.resize(limit);
    text += "...";
}

void keep_source_line(Diagnostic& diagnostic, std::string_view line)
{
    std::size_t from = 0;
    if (line.size() > max_source_bytes && diagnostic.location.column > max_source_bytes / 2)
        from =
            std::min<std::size_t>(diagnostic.location.column - max_source_bytes / 2, line.size());
    diagnostic.source_offset = static_cast<std::uint32_t>(from);
    diagnostic.source_line = line.substr(from, max_source_bytes);
}

} // namespace

SourceId Sources::add(std::string_view path, Text text)
{
    const auto id = static_cast<SourceId>(files_.size());
    const std::size_t length = path.rfind('/') + 1; // of the directory; 0 where there is no slash
    const std::string_view in = path.substr(0, length);
    const auto known = std::find(directories_.begin(), directories_.end(), in);
    const auto directory = static_cast<std::uint32_t>(known - directories_.begin());
    if (directory == directories_.size())
        directories_.emplace_back(in);
    files_.push_back({directory, static_cast<std::uint32_t>(names_.size())});
    names_.append(path.substr(length));
    if (text != nullptr)
        open_.push_back({id, std::move(text), {}, 0, {}});
    return id;
}

std::string_view Sources::directory(SourceId id) const noexcept
{
    const auto index = static_cast<std::size_t>(id);
    return index < files_.size() ? std::string_view(directories_[files_[index].directory])
                                 : std::string_view();
}

std::string_view Sources::name(SourceId id) const noexcept
{
    const auto index = static_cast<std::size_t>(id);
    if (index >= files_.size())
        return {};
    const std::size_t end = index + 1 < files_.size() ? files_[index + 1].name : names_.size();
    return std::string_view(names_).substr(files_[index].name, end - files_[index].name);
}

std::string Sources::path(SourceId id) const
{
    std::string path(directory(id));
    path += name(id);
    return path;
}

int Sources::compare(SourceId id, std::string_view path) const noexcept
{
    const std::string_view first = directory(id);
    const int order = first.compare(path.substr(0, first.size()));
    return order != 0 ? order : name(id).compare(path.substr(first.size()));
}

int Sources::compare(SourceId one, SourceId other) const
{
    const bool are_neighbours = directory(one) == directory(other);
    return are_neighbours ? name(one).compare(name(other)) : compare(one, path(other));
}

void Sources::drop_text(SourceId id) noexcept
{
    std::erase_if(open_, [id](const OpenFile& file) { return file.id == id; });
}

Sources::OpenFile* Sources::find_open(SourceId id) const
{
    for (OpenFile& file : open_)
        if (file.id == id)
            return &file;
    if (reread_.text == nullptr || reread_.id != id) {
        if (!reader_ || static_cast<std::size_t>(id) >= files_.size())
            return nullptr;
        reread_ = {id, reader_(path(id)), {}, 0, {}};
    }
    return reread_.text == nullptr ? nullptr : &reread_;
}

std::string_view Sources::line(SourceId id, std::uint32_t number) const
{
    OpenFile* const file = number > 0 ? find_open(id) : nullptr;
    if (file == nullptr)
        return {};
    if (file->last_number == number)
        return file->last_line;
    const std::string_view text = *file->text;
    if (file->line_marks.empty())
        file->line_marks = mark_lines(text);
    const std::size_t mark = (number - 1) / lines_per_mark;
    if (mark >= file->line_marks.size())
        return {};
    std::size_t start = file->line_marks[mark];
    for (std::size_t skip = (number - 1) % lines_per_mark; skip > 0; --skip)
        start = next_line(text, start);
    file->last_number = number;
    file->last_line = text.substr(start, text.find('\n', start) - start);
    return file->last_line;
}

Diagnostic& Diagnostics::add(Diagnostic diagnostic)
{
    if (diagnostic.severity >= Severity::error)
        ++errors_;
    else if (diagnostic.severity == Severity::warning)
        ++warnings_;
    if (kept_.size() >= max_kept) {
        ++not_kept_;
        overflow_ = std::move(diagnostic);
        return overflow_;
    }
    if (diagnostic.path.empty() && sources_->size() > 0)
        diagnostic.path = sources_->path(diagnostic.location.file);
    if (diagnostic.source_line.empty())
        keep_source_line(diagnostic,
                         sources_->line(diagnostic.location.file, diagnostic.location.line));
    cut_utf8(diagnostic.message, max_message_bytes);
    diagnostic.length = std::max<std::uint32_t>(diagnostic.length, 1);
    diagnostic.after_reading = diagnostic.after_reading || after_reading_;
    diagnostic.unknown_to_xinetd = diagnostic.unknown_to_xinetd || given_up_;
    return kept_.emplace_back(std::move(diagnostic));
}

Diagnostic& Diagnostics::add_text(Severity severity, SourceLocation where, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.location = where;
    diagnostic.message = std::move(message);
    return add(std::move(diagnostic));
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// What is wrong with a configuration, where, and how to put it right. Diagnostics are collected,
// never thrown: an operator wants all mistakes in one pass. Rendering draws the source line and a
// caret. Prints nothing itself.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config-parser/source_location.h"

namespace usherd::config {

/// The files that were read: name and, while it is being parsed, text. A Diagnostic keeps the line
/// it shows; for one about a file whose text is gone the file is read again.
class Sources {
public:
    using Text = std::shared_ptr<const std::string>;
    using Reader = std::function<Text(const std::string& path)>;

    /// @param path as the operator knows it; shown in diagnostics.
    SourceId add(std::string_view path, Text text);
    /// Gives texts back that were dropped; may return null. Set for the time of a load.
    void set_reader(Reader reader) { reader_ = std::move(reader); }
    /// Empty for a file that there is not.
    [[nodiscard]] std::string path(SourceId id) const;
    /// As path(id).compare(path), without making the text.
    [[nodiscard]] int compare(SourceId id, std::string_view path) const noexcept;
    /// As path(one).compare(path(other)).
    [[nodiscard]] int compare(SourceId one, SourceId other) const;
    /// Line `number` (from 1) without its newline; empty if there is none. Valid until the next
    /// call.
    [[nodiscard]] std::string_view line(SourceId id, std::uint32_t number) const;
    [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }
    void drop_text(SourceId id) noexcept;
    void drop_texts() noexcept { open_.clear(); }

private:
    struct OpenFile {
        SourceId id;
        Text text;
        std::vector<std::size_t> line_marks; // where lines 1, 65, 129 … begin; filled at need
        std::uint32_t last_number = 0;       // the line asked for last, which may be long
        std::string_view last_line;
    };
    /// Thousands of files have few directories.
    struct File {
        std::uint32_t directory = 0; ///< in directories_
        std::uint32_t name = 0;      ///< where it begins in names_; it ends where the next begins
    };
    [[nodiscard]] OpenFile* find_open(SourceId id) const;
    [[nodiscard]] std::string_view directory(SourceId id) const noexcept;
    [[nodiscard]] std::string_view name(SourceId id) const noexcept;

    std::vector<std::string> directories_; // with the slash at their ends; empty: none was given
    std::string names_;
    std::vector<File> files_;
    mutable std::vector<OpenFile> open_; // few: the files that include each other
    mutable OpenFile reread_{};          // the last one that reader_ gave
    Reader reader_;
};

/// Severity as xinetd logs the same fault, so that logs compare; `note` belongs to the diagnostic
/// before it ("the other one stands here").
enum class Severity : std::uint8_t { note, debug, info, warning, error, critical };

/// What becomes of the configuration because of it.
/// @see the effect codes of xinetd's diagnostics: line, word, service, entry, daemon
enum class Effect : std::uint8_t {
    none,
    line_ignored,
    word_ignored,
    service_dropped,
    entry_lost,
    load_refused, ///< error in `defaults` or in the main file
};

struct Diagnostic {
    Severity severity = Severity::error;
    Effect effect = Effect::none;
    SourceLocation location;
    std::uint32_t length = 1; ///< bytes to underline, at least 1
    std::string path;         ///< of location.file
    std::string message;      ///< one line, names the object it is about
    /// Without newline; control characters as they stand in the file. Of a long line the part
    /// around the location, with `source_offset` bytes cut off before it.
    std::string source_line;
    std::uint32_t source_offset = 0;
    std::string suggestion; ///< `did you mean 'instances'?`; may be empty
    std::string service;    ///< id of the service concerned; may be empty
    std::string attribute;  ///< may be empty
    /// From the checks after reading, where xinetd's log has no file and line (its list of suffixes
    /// is what log analysers know): log_line() shows the place in front instead.
    bool after_reading = false;
    /// xinetd says nothing of it (it never does, or it has given up by then): the daemon logs it at
    /// INFO, so that nobody who watches for warnings is called out by a change of daemons.
    bool unknown_to_xinetd = false;
};

/// Sink of one load. Keeps at most `max_kept` diagnostics and counts the rest; cuts long messages
/// and source lines, so that hostile input costs little.
class Diagnostics {
public:
    static constexpr std::size_t max_kept = 10'000;
    static constexpr std::size_t max_message_bytes = 1024;

    explicit Diagnostics(const Sources& sources) : sources_(&sources) {}

    /// Fills in path and source_line from the location. @return the stored one, to add to it.
    Diagnostic& add(Diagnostic diagnostic);

    template <typename... Args>
    Diagnostic& error(SourceLocation where, fmt::format_string<Args...> format, Args&&... args)
    {
        return add_text(Severity::error, where, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    Diagnostic& warning(SourceLocation where, fmt::format_string<Args...> format, Args&&... args)
    {
        return add_text(Severity::warning, where, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    Diagnostic& info(SourceLocation where, fmt::format_string<Args...> format, Args&&... args)
    {
        return add_text(Severity::info, where, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    Diagnostic& note(SourceLocation where, fmt::format_string<Args...> format, Args&&... args)
    {
        return add_text(Severity::note, where, fmt::format(format, std::forward<Args>(args)...));
    }

    /// What is added from now on comes from the checks after reading (or no longer does).
    void set_after_reading(bool after_reading) noexcept { after_reading_ = after_reading; }
    /// What is added from now on stands where xinetd has given up already (or no longer does).
    void set_given_up(bool given_up) noexcept { given_up_ = given_up; }

    [[nodiscard]] std::span<const Diagnostic> all() const noexcept { return kept_; }
    [[nodiscard]] std::size_t errors() const noexcept { return errors_; } ///< error and critical
    [[nodiscard]] std::size_t warnings() const noexcept { return warnings_; }
    [[nodiscard]] std::size_t not_kept() const noexcept { return not_kept_; }

private:
    Diagnostic& add_text(Severity severity, SourceLocation where, std::string message);

    const Sources* sources_;
    std::vector<Diagnostic> kept_;
    Diagnostic overflow_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
    std::size_t not_kept_ = 0;
    bool after_reading_ = false;
    bool given_up_ = false;
};

[[nodiscard]] std::string_view name(Severity severity) noexcept;

/// As a compiler prints it, several lines, each ended by a newline:
///
///     services.d/ftp:7:17: error: expected a positive number or UNLIMITED, found 'many'
///         instances = many
///                     ^~~~
///
/// Control characters and broken UTF-8 are shown as '?'; a long line is cut around the caret.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

/// One line for the daemon's log, with xinetd's suffix ` [file=PATH] [line=N]` (after_reading: the
/// prefix `PATH:N: `); no newline.
[[nodiscard]] std::string log_line(const Diagnostic& diagnostic);

/// `PATH:LINE: MESSAGE`, for lists and reasons; no newline.
[[nodiscard]] std::string brief(const Diagnostic& diagnostic);

} // namespace usherd::config

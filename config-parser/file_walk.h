// SPDX-License-Identifier: BSD-2-Clause
//
// Reads the main file and what it includes, in order, and hands over what they hold. Notices
// cycles; bounds depth, number and size of what is read. Knows nothing of attributes.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/diagnostic.h"
#include "config-parser/drop_in_name.h"
#include "config-parser/file_source.h"
#include "config-parser/inetd_front_end.h"
#include "config-parser/raw_model.h"

namespace usherd::config {

class Recall;

class FileWalk {
public:
    static constexpr std::size_t max_depth = 16; ///< files including files, the main file aside
    static constexpr std::size_t max_files = 100'000;
    static constexpr std::size_t max_total_bytes = 256U << 20;

    using Entry = std::variant<RawSection, LostService>;
    using Visitor = std::function<void(Entry)>;

    /// All must outlive the walk. @param base_directory see LoadOptions.
    FileWalk(FileSource& files, Sources& sources, Diagnostics& diagnostics,
             std::string base_directory, Visitor visitor);
    ~FileWalk();
    FileWalk(const FileWalk&) = delete;
    FileWalk& operator=(const FileWalk&) = delete;

    /// From now on drop-ins are looked for there before they are read. Outlives the walk.
    void use(Recall& recall) noexcept { recall_ = &recall; }

    void read_main(const std::string& path);
    /// After the main file. That there is none is no mistake.
    void read_inetd_conf(const std::string& path, InetdDialect dialect);

    /// Empty, or why the main file could not be read.
    [[nodiscard]] const std::string& main_file_error() const noexcept { return main_file_error_; }
    [[nodiscard]] bool main_file_is_clean() const noexcept { return main_file_is_clean_; }
    /// Drop-ins passed over because of their names.
    [[nodiscard]] std::vector<std::string>& skipped_files() noexcept { return skipped_files_; }
    /// See LoadResult.
    [[nodiscard]] std::vector<std::string>& unreadable() noexcept { return unreadable_; }

private:
    /// A file or directory being read, and the word that asked for it.
    struct Link {
        std::string path; // resolved
        SourceLocation from;
    };

    void include_file(const Word& path);
    void include_directory(const Word& path);
    void read_drop_in(const std::string& path, FrontEnd front_end, SourceLocation from);
    SourceId take_drop_in(const std::string& path,
                          std::variant<FileSource::Text, FileError> outcome, std::string resolved,
                          FrontEnd front_end, SourceLocation from);
    SourceId read_text(const std::string& path, const FileSource::Text& text, FrontEnd front_end);
    void visit(RawDocument document);
    void skip_by_name(const std::string& directory, const std::vector<std::string>& names,
                      const Word& path);

    [[nodiscard]] bool may_enter(const std::vector<Link>& chain, const std::string& resolved,
                                 const Word& path);
    [[nodiscard]] bool within_limits(const Word& path);
    [[nodiscard]] std::string resolve(const std::string& path) const;
    void note_unreadable(const std::string& path, const FileError& error);
    Diagnostic& report(Severity severity, const Word& path, std::string message);

    FileSource& files_;
    Sources& sources_;
    Diagnostics& diagnostics_;
    std::string base_directory_;
    Visitor visitor_;
    Recall* recall_ = nullptr;
    bool in_drop_in_ = false; ///< for recall_

    std::vector<Link> open_files_;
    std::vector<Link> open_directories_;
    std::size_t files_read_ = 0;
    std::size_t bytes_read_ = 0;
    bool limit_reported_ = false;

    std::string main_file_error_;
    bool main_file_is_clean_ = true;
    std::vector<std::string> skipped_files_;
    std::vector<std::string> unreadable_;
};

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// A file system of strings for tests of the loader. Directories exist by having files in them or by
// make_directory(); remembers which files were read.

#pragma once

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config-parser/file_source.h"

namespace usherd::test {

class MemoryFiles final : public config::FileSource {
public:
    using FileError = config::FileError;

    void add(const std::string& path, std::string text)
    {
        files_[path] = std::make_shared<const std::string>(std::move(text));
    }
    void make_directory(const std::string& path) { directories_.insert(path); }
    /// Reading or listing `path` fails so.
    void fail(const std::string& path, FileError error) { errors_[path] = std::move(error); }
    void remove(const std::string& path) { files_.erase(path); }
    /// Only these may be executed; before the first call everything may.
    void allow_execution(const std::string& path)
    {
        executable_.insert(path);
        all_executable_ = false;
    }
    [[nodiscard]] const std::vector<std::string>& files_read() const { return files_read_; }

    std::variant<Text, FileError> read(const std::string& path) override
    {
        files_read_.push_back(path);
        if (const auto error = errors_.find(path); error != errors_.end())
            return error->second;
        if (const auto file = files_.find(path); file != files_.end())
            return file->second;
        if (is_directory(path))
            return FileError{FileError::Kind::not_regular, 0,
                             "it is a directory, not a regular file"};
        return missing();
    }

    std::variant<std::vector<std::string>, FileError> list(const std::string& path) override
    {
        if (const auto error = errors_.find(path); error != errors_.end())
            return error->second;
        if (!is_directory(path))
            return missing();
        const std::string prefix = path.ends_with('/') ? path : path + '/';
        std::set<std::string> names;
        const auto collect = [&](const std::string& name) {
            if (name.starts_with(prefix))
                names.insert(
                    name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size()));
        };
        for (const auto& [name, text] : files_)
            collect(name);
        for (const auto& [name, error] : errors_)
            collect(name);
        for (const auto& name : directories_)
            collect(name);
        return std::vector<std::string>(names.rbegin(), names.rend()); // the loader sorts
    }

    std::variant<std::monostate, FileError> may_execute(const std::string& path) override
    {
        if (all_executable_ || executable_.contains(path))
            return std::monostate{};
        return missing();
    }

private:
    static FileError missing()
    {
        return {FileError::Kind::missing, ENOENT, "No such file or directory"};
    }
    [[nodiscard]] bool is_directory(const std::string& path) const
    {
        if (directories_.contains(path))
            return true;
        const std::string prefix = path.ends_with('/') ? path : path + '/';
        const auto next = files_.lower_bound(prefix);
        return next != files_.end() && next->first.starts_with(prefix);
    }

    std::map<std::string, Text> files_;
    std::map<std::string, FileError> errors_;
    std::set<std::string> directories_;
    std::set<std::string> executable_;
    bool all_executable_ = true;
    std::vector<std::string> files_read_;
};

} // namespace usherd::test

// SPDX-License-Identifier: BSD-2-Clause
//
// Runs usherctl inside the test and keeps what it printed.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/ctl/run.h"

namespace usherd::ctl {

struct Answer {
    ExitStatus status = ExitStatus::done;
    std::string out;
    std::string err;
};

/// A stream into memory.
class CapturedStream {
public:
    CapturedStream() : file_(::open_memstream(&text_, &size_)) {}
    ~CapturedStream()
    {
        std::fclose(file_);
        std::free(text_);
    }
    CapturedStream(const CapturedStream&) = delete;
    CapturedStream& operator=(const CapturedStream&) = delete;

    [[nodiscard]] std::FILE* file() const { return file_; }
    [[nodiscard]] std::string text() const
    {
        std::fflush(file_);
        return {text_, size_};
    }

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

/// @param words the command line after the program's name.
inline Answer usherctl(const std::vector<std::string>& words)
{
    std::vector<const char*> argv{"usherctl"};
    for (const std::string& word : words)
        argv.push_back(word.c_str());
    CapturedStream out, err;
    Answer answer;
    answer.status = run(static_cast<int>(argv.size()), argv.data(), out.file(), err.file());
    answer.out = out.text();
    answer.err = err.text();
    return answer;
}

} // namespace usherd::ctl

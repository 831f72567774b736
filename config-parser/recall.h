// SPDX-License-Identifier: BSD-2-Clause
//
// A load at work on its LoadMemory: what holds still is taken over, what is read is remembered.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config-parser/assembly.h"
#include "config-parser/load_memory.h"

namespace usherd::config {

class Recall {
public:
    /// @param memory of the last load; replaced by finish(). All outlive it.
    Recall(LoadMemory& memory, StampSource& stamps, InquiryLog& inquiries, Sources& sources,
           Diagnostics& diagnostics, Assembly& assembly);

    /// A `defaults` entry, before the assembly takes it.
    void on_defaults(const RawSection& section);
    /// An entry of a service, wanted or not.
    void on_service() noexcept { saw_service_ = true; }
    /// Something that cannot be remembered stands in the file that is being read.
    void on_other() noexcept { only_services_ = false; }

    /// The services of a file that has not changed. @param resolved where it is
    /// @return its bytes; nothing: it is to be read.
    [[nodiscard]] std::optional<std::uint64_t> take(const std::string& path,
                                                    const std::string& resolved);
    [[nodiscard]] StampedText read(const std::string& resolved)
    {
        return stamps_.read_stamped(resolved);
    }
    /// Around what a drop-in says. @param stamp without one it is not remembered
    void begin();
    void end(SourceId source, const std::optional<FileStamp>& stamp);

    /// Makes the memory of this load, or leaves that of the last one where this load is refused.
    void finish(const LoadResult& result) &&;

private:
    /// What was asked since concerns all drop-ins.
    void flush();
    /// Null if the last load did not remember it.
    [[nodiscard]] const LoadMemory::File* find(const std::string& path) const;
    [[nodiscard]] bool has_same_surroundings();
    /// The set of this load with the same inquiries; nothing if an answer has changed.
    [[nodiscard]] std::optional<std::uint32_t> renew(std::uint32_t set);
    [[nodiscard]] bool has_same_defaults() const;
    [[nodiscard]] bool ask_again(const InquirySet& set);
    [[nodiscard]] std::uint32_t number(InquirySet set);
    void remember(SourceId source, const FileStamp& stamp, std::size_t first_service,
                  std::uint32_t inquiries, bool used_defaults);

    LoadMemory& last_;
    LoadMemory next_;
    StampSource& stamps_;
    InquiryLog& inquiries_;
    Sources& sources_;
    Diagnostics& diagnostics_;
    Assembly& assembly_;

    std::optional<bool> same_surroundings_;
    std::vector<std::optional<std::optional<std::uint32_t>>> renewed_; ///< by set of the last load
    std::map<InquirySet, std::uint32_t> set_numbers_;
    InquirySet surrounding_;
    bool surrounding_complete_ = true;

    bool only_services_ = true;
    bool saw_service_ = false;
    std::size_t services_before_ = 0;
    std::size_t diagnostics_before_ = 0;
    bool defaults_used_before_ = false;
};

} // namespace usherd::config

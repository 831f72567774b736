// SPDX-License-Identifier: BSD-2-Clause
//
// What one load leaves for the next: the services of each drop-in that can be taken over as they
// are, as long as the file has not changed. Nothing of the texts is kept, and the services are the
// very ones that the daemon runs, so that it costs some 80 bytes for each.
//
// A drop-in is remembered if there is no more to it than its services: it holds nothing else, it
// gave rise to no diagnostic, and its FileStamp vouches for its content. What it said holds again
// if
// - its stamp is the same,
// - all `defaults` are, word by word and place by place, and came before it (LoadMemory::defaults),
// - whatever its lines asked of the system is answered as it was (inquiry.h).
// Everything else, the main file and what it includes among it, is read anew each time; so are the
// directories. Checks between services are made anew, too.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config-parser/file_stamp.h"
#include "config-parser/inquiry.h"
#include "config-parser/load.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_spec.h"

namespace usherd::config {

/// A value for load(): empty before the first one, and to be used with the same LoadOptions, main
/// file and kind of FileSource each time. Belongs to one load at a time.
struct LoadMemory {
    struct File {
        SourceId source{}; ///< in `sources`, which has its path
        std::uint32_t first_service = 0;
        std::uint32_t services = 0;
        std::uint32_t inquiries = 0; ///< which set
        bool used_defaults = false;
        FileStamp stamp;
    };
    std::shared_ptr<const Sources> sources; ///< null: nothing is remembered
    std::vector<File> files;                ///< ascending by path
    std::vector<SpecPointer> services;
    std::vector<AnsweredInquiry> inquiries;
    std::vector<InquirySet> inquiry_sets;
    InquirySet surrounding; ///< inquiries of all that was no remembered file
    std::vector<RawSection> defaults;
};

/// As load() without one, but drop-ins that have not changed since the load that left `memory` are
/// not read. `memory` becomes that of this load, unless it is refused.
[[nodiscard]] LoadResult load(FileSource& files, StampSource& stamps, NameLookup& names,
                              const std::string& path, const LoadOptions& options,
                              LoadMemory& memory);

} // namespace usherd::config

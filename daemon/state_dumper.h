// SPDX-License-Identifier: BSD-2-Clause
//
// SIGUSR1: appends a dump of the daemon's state to a file. The loop only copies the facts; text and
// file are made in the blocking worker. What is in the text, core/state_dump.h says.

#pragma once

#include <functional>
#include <string>

#include "daemon/blocking_worker.h"
#include "daemon/core/state_dump.h"
#include "daemon/log.h"

namespace usherd::daemon {

class StateDumper {
public:
    using Facts = std::function<core::DumpFacts()>;

    /// @param worker, log outlive the dumper. @param path of the file; its directory may be missing
    /// when a dump is asked for: then it is made, mode 0755. @param facts called in the loop, once
    /// for each dump.
    StateDumper(BlockingWorker& worker, Log& log, std::string path, Facts facts);

    /// One dump, or one more after that which is being written.
    void request();
    /// Calls `done` once every dump that was asked for is written: at once if none is.
    void when_written(std::function<void()> done);

private:
    void begin();
    void on_written(const std::string& error);

    BlockingWorker& worker_;
    Log& log_;
    std::string path_;
    Facts facts_;
    std::function<void()> done_;
    bool writing_ = false;
    bool again_ = false;
};

} // namespace usherd::daemon

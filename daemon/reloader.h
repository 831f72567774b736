// SPDX-License-Identifier: BSD-2-Clause
//
// Reads the configuration: at start in place, at a reload in the blocking worker, so that name
// services and slow disks do not hold up clients. Requests that come while one is read make one
// more reading, however many they are.

#pragma once

#include <functional>
#include <memory>

#include "config-parser/disk_file_source.h"
#include "config-parser/load.h"
#include "config-parser/load_memory.h"
#include "daemon/blocking_worker.h"

namespace usherd::daemon {

class Reloader {
public:
    struct Settings {
        std::string main_file; ///< absolute
        config::LoadOptions options;
        config::Trust trust = config::Trust::owners;
    };
    using Loaded = std::function<void(const config::LoadResult&)>;

    /// @param loaded called in the loop with each result.
    Reloader(BlockingWorker& worker, Settings settings, Loaded loaded);

    /// Reads now, in this thread; before the first request() and read().
    [[nodiscard]] config::LoadResult load_now() const;
    /// Asks for a reload.
    void request();
    /// Reads the configuration and gives it to `then`, in the loop, and to nobody else.
    void read(Loaded then);

private:
    using Memory = std::shared_ptr<config::LoadMemory>;

    [[nodiscard]] static config::LoadResult load(const Settings& settings, const Memory& memory);
    static void hand_over(std::shared_ptr<const config::LoadResult> result, const Loaded& to);
    void begin();

    BlockingWorker& worker_;
    Settings settings_;
    /// Shared with one job at a time: the worker has one thread, and load_now() is before them all.
    Memory memory_ = std::make_shared<config::LoadMemory>();
    Loaded loaded_;
    bool reading_ = false;
    bool again_ = false;
};

} // namespace usherd::daemon

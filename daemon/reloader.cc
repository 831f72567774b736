// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/reloader.h"

#include <memory>
#include <utility>

#include "config-parser/system_name_lookup.h"
#include "daemon/sys/memory.h"

namespace usherd::daemon {

Reloader::Reloader(BlockingWorker& worker, Settings settings, Loaded loaded)
    : worker_(worker), settings_(std::move(settings)), loaded_(std::move(loaded))
{
}

config::LoadResult Reloader::load(const Settings& settings, const Memory& memory)
{
    config::DiskFiles files(settings.trust);
    config::SystemNameLookup names;
    auto options = settings.options;
    options.keep_rule_places = true; // `explain` names the line of a rule
    return config::load(files, files, names, settings.main_file, options, *memory);
}

config::LoadResult Reloader::load_now() const
{
    return load(settings_, memory_);
}

void Reloader::request()
{
    again_ = reading_;
    if (!reading_)
        begin();
}

/// What was loaded, and what it has replaced, is gone when the memory is given back.
void Reloader::hand_over(std::shared_ptr<const config::LoadResult> result, const Loaded& to)
{
    to(*result);
    result.reset();
    sys::return_free_memory();
}

void Reloader::read(Loaded then)
{
    worker_.submit([settings = settings_, memory = memory_,
                    then = std::move(then)]() -> BlockingWorker::Continuation {
        auto result = std::make_shared<const config::LoadResult>(load(settings, memory));
        return [then, result]() mutable { hand_over(std::move(result), then); };
    });
}

void Reloader::begin()
{
    reading_ = true;
    worker_.submit(
        [this, settings = settings_, memory = memory_]() -> BlockingWorker::Continuation {
            auto result = std::make_shared<const config::LoadResult>(load(settings, memory));
            return [this, result]() mutable {
                reading_ = false;
                hand_over(std::move(result), loaded_);
                if (std::exchange(again_, false))
                    begin();
            };
        });
}

} // namespace usherd::daemon

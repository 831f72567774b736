// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/reloader.h"

#include <memory>
#include <utility>

#include "config-parser/system_name_lookup.h"

namespace usherd::daemon {

Reloader::Reloader(BlockingWorker& worker, Settings settings, Loaded loaded)
    : worker_(worker), settings_(std::move(settings)), loaded_(std::move(loaded))
{
}

config::LoadResult Reloader::load(const Settings& settings)
{
    config::DiskFiles files(settings.trust);
    config::SystemNameLookup names;
    auto options = settings.options;
    options.keep_rule_places = true; // `explain` names the line of a rule
    return config::load(files, names, settings.main_file, options);
}

config::LoadResult Reloader::load_now() const
{
    return load(settings_);
}

void Reloader::request()
{
    again_ = reading_;
    if (!reading_)
        begin();
}

void Reloader::read(Loaded then)
{
    worker_.submit(
        [settings = settings_, then = std::move(then)]() -> BlockingWorker::Continuation {
            auto result = std::make_shared<const config::LoadResult>(load(settings));
            return [then, result] { then(*result); };
        });
}

void Reloader::begin()
{
    reading_ = true;
    worker_.submit([this, settings = settings_]() -> BlockingWorker::Continuation {
        auto result = std::make_shared<const config::LoadResult>(load(settings));
        return [this, result] {
            reading_ = false;
            loaded_(*result);
            if (std::exchange(again_, false))
                begin();
        };
    });
}

} // namespace usherd::daemon

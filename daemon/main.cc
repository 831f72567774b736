// SPDX-License-Identifier: BSD-2-Clause
//
// usherd: options and exit codes; nothing else.

#include <cstdio>

#include "daemon/options.h"
#include "daemon/run.h"
#include "daemon/wrapper_process.h"

int main(int argc, char** argv)
{
    if (usherd::daemon::is_wrapper_process(argc, argv))
        return usherd::daemon::run_wrapper_process(argc, argv);
    const auto parsed = usherd::daemon::parse_options(argc, argv);
    if (const auto* exit = std::get_if<usherd::daemon::EarlyExit>(&parsed)) {
        std::fputs(exit->text.c_str(), exit->to_stderr ? stderr : stdout);
        return exit->status;
    }
    const auto& options = std::get<usherd::daemon::Options>(parsed);
    if (options.list_attributes)
        return usherd::daemon::list_attributes();
    if (options.check != usherd::daemon::CheckMode::off)
        return usherd::daemon::check(options);
    return usherd::daemon::run(options);
}

// SPDX-License-Identifier: BSD-2-Clause
//
// usherd-load: offers connections to a server of this machine and says how it went, as JSON.
// Exit code 0: every connection is done; 1: some are not; 2: usage.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>

#include <fmt/format.h>

#include "tests/bench/load_engine.h"

namespace {

/// Thousands of connections at a time need as many descriptors.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace

namespace bench = usherd::bench;

int main(int argc, char** argv)
{
    const auto parsed = bench::parse_load_options(argc, argv);
    if (const auto* error = std::get_if<bench::UsageError>(&parsed)) {
        const bool help = error->message.empty();
        if (!help)
            fmt::print(stderr, "usherd-load: {}\n", error->message);
        fmt::print(help ? stdout : stderr, "{}", bench::load_usage());
        return help ? EXIT_SUCCESS : 2;
    }
    raise_descriptor_limit();
    const auto& options = std::get<bench::LoadOptions>(parsed);
    bench::LoadResult result = bench::run_load(options);
    fmt::print("{}\n", bench::to_json(result, options.each));
    return result.errors() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

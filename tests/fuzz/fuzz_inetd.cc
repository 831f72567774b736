// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: inetd.conf through load(), in its three dialects. The first text of the input
// is the inetd.conf, a second one is the main file before it.

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using usherd::fuzz::as_text;
    const auto texts = usherd::fuzz::split_texts(as_text(data, size));
    usherd::test::MemoryFiles files;
    files.add("/etc/inetd.conf", std::string(texts.front()));
    files.add("/main", texts.size() > 1 ? std::string(texts[1]) : std::string());
    usherd::config::LoadOptions options;
    options.include_inetd_conf = true;
    usherd::fuzz::check_load(files, "/main", options);
    options.inetd_dialect = usherd::config::InetdDialect::gnu;
    usherd::fuzz::check_load(files, "/main", options);
    options.inetd_dialect = usherd::config::InetdDialect::xinetd;
    usherd::fuzz::check_load(files, "/main", options);
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/session.h"
#include "tests/support/catch.h"
#include "tests/unit/ctl/ctl_harness.h"

namespace usherd::ctl {

TEST_CASE("usherctl --help names the commands and is no error")
{
    const Answer answer = usherctl({"--help"});
    CHECK(answer.status == ExitStatus::done);
    CHECK(answer.out.find("convert") != std::string::npos);
    CHECK(answer.err.empty());
}

TEST_CASE("usherctl --version says which it is")
{
    const Answer answer = usherctl({"--version"});
    CHECK(answer.status == ExitStatus::done);
    CHECK(answer.out == "usherctl " USHERD_VERSION "\n");
}

TEST_CASE("what usherctl does not understand is a mistake of usage, told on stderr")
{
    const std::vector<std::vector<std::string>> wrong{{},
                                                      {"dance"},
                                                      {"--color", "mauve", "convert"},
                                                      {"convert"},
                                                      {"convert", "--to", "toml", "f"}};
    for (const auto& words : wrong) {
        const Answer answer = usherctl(words);
        CHECK(answer.status == ExitStatus::usage);
        CHECK(answer.out.empty());
        CHECK_FALSE(answer.err.empty());
    }
}

TEST_CASE("colours follow the terminal and NO_COLOR unless they are asked for")
{
    CHECK(use_color(ColorMode::automatic, true, nullptr));
    CHECK(use_color(ColorMode::automatic, true, ""));
    CHECK_FALSE(use_color(ColorMode::automatic, true, "1"));
    CHECK_FALSE(use_color(ColorMode::automatic, false, nullptr));
    CHECK(use_color(ColorMode::always, false, "1"));
    CHECK_FALSE(use_color(ColorMode::never, true, nullptr));
}

} // namespace usherd::ctl

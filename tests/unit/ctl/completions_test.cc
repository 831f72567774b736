// SPDX-License-Identifier: BSD-2-Clause
//
// Completions: that they know every command and option, and that bash takes them.

#include <cstdlib>

#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/ctl/ctl_harness.h"

namespace usherd::ctl {
namespace {

/// What bash offers for the last word of `line`.
std::string offered(const std::string& line)
{
    const tests::TemporaryDirectory directory;
    directory.write("script", usherctl({"completions", "bash"}).out);
    const std::string command = fmt::format(
        R"(bash --norc -c '. "{0}/script"; complete -p usherctl >/dev/null || exit 1
           read -ra COMP_WORDS <<<"{1}x"; COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
           COMP_WORDS[COMP_CWORD]=${{COMP_WORDS[COMP_CWORD]%x}}
           _usherctl; echo "${{COMPREPLY[@]}}"' >"{0}/out" 2>&1)",
        directory.path(), line);
    REQUIRE(std::system(command.c_str()) == 0); // NOLINT(cert-env33-c): a shell is what is tested
    std::string out = directory.read("out");
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
}

TEST_CASE("bash completes commands, options and the values of options")
{
    CHECK(offered("usherctl sta") == "status");
    CHECK(offered("usherctl --js") == "--json");
    CHECK(offered("usherctl check --for") == "--format");
    CHECK(offered("usherctl check --format s") == "sarif");
    CHECK(offered("usherctl --color n") == "never");
    CHECK(offered("usherctl events --reason per") == "per_source_limit");
    CHECK(offered("usherctl --socket /x reload --") == "--dry-run --strict --help --version "
                                                       "--socket --json --color");
    CHECK(offered("usherctl compl").empty()); // hidden
}

TEST_CASE("every shell's completions name every command that --help names")
{
    const std::string help = usherctl({"--help"}).out;
    for (const char* const shell : {"bash", "zsh", "fish"}) {
        const std::string script = usherctl({"completions", shell}).out;
        std::size_t commands = 0;
        for (std::size_t at = help.find("\n  ", help.find("Subcommands:")); at != std::string::npos;
             at = help.find("\n  ", at + 1)) {
            const std::string name = help.substr(at + 3, help.find(' ', at + 3) - at - 3);
            INFO(shell << ' ' << name);
            CHECK(script.find(name) != std::string::npos);
            ++commands;
        }
        CHECK(commands > 15);
    }
}

} // namespace
} // namespace usherd::ctl

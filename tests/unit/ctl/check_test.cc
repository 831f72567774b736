// SPDX-License-Identifier: BSD-2-Clause
//
// usherctl check: what is looked at, how it is written, and what the exit status says.

#include <nlohmann/json.hpp>

#include "daemon/ctl/check_formats.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/ctl/ctl_harness.h"

namespace usherd::ctl {
namespace {

using nlohmann::json;

std::string service(std::string_view more)
{
    return fmt::format("service svc\n{{\n    type = UNLISTED\n    socket_type = stream\n"
                       "    port = 8000\n    wait = no\n    user = root\n    server = /bin/cat\n"
                       "{}}}\n",
                       more);
}

struct Files {
    tests::TemporaryDirectory directory;

    std::string write(const std::string& name, const std::string& text) const
    {
        directory.write(name, text);
        return directory.path(name);
    }
};

TEST_CASE("check finds a clean drop-in clean, without a main file")
{
    const Files files;
    const Answer answer = usherctl({"check", files.write("svc", service(""))});
    CHECK(answer.out == "1 services, 0 dropped, 0 errors, 0 warnings\n");
    CHECK(answer.status == ExitStatus::done);
}

TEST_CASE("check shows the loader's errors and the linter's findings, and ends with 1 for errors")
{
    const Files files;
    const std::string path =
        files.write("svc", service("    server_args = cat\n    nice = soon\n"));
    const Answer answer = usherctl({"check", path});
    CHECK(answer.out == fmt::format("{0}:10:12: error: nice: expected an integer, found 'soon'\n"
                                    "    nice = soon\n"
                                    "           ^~~~\n"
                                    "{0}:10:5: error: service svc is disabled because of its "
                                    "'nice'\n"
                                    "0 services, 1 dropped, 2 errors, 0 warnings\n",
                                    path));
    CHECK(answer.status == ExitStatus::no);
}

TEST_CASE("warnings alone are let pass, but not with --strict")
{
    const Files files;
    const std::string path = files.write("svc", service("    server_args = cat\n"));
    const Answer answer = usherctl({"check", path});
    CHECK(answer.out == fmt::format("{}:9:5: warning: service 'svc': the program gets its name "
                                    "twice: cat cat [UL007]\n"
                                    "    server_args = cat\n"
                                    "    ^~~~~~~~~~~\n"
                                    "1 services, 0 dropped, 0 errors, 1 warnings\n",
                                    path));
    CHECK(answer.status == ExitStatus::done);
    CHECK(usherctl({"check", "--strict", path}).status == ExitStatus::no);
}

TEST_CASE("check reads a directory as includedir does")
{
    const Files files;
    files.write("svc", service(""));
    const std::string skipped = files.write("svc.bak", service(""));
    const Answer answer = usherctl({"check", files.directory.path()});
    CHECK(answer.out == fmt::format("{}: warning: not read, as its name holds a dot or ends in '~' "
                                    "[UL009]\n1 services, 0 dropped, 0 errors, 1 warnings\n",
                                    skipped));
}

TEST_CASE("check of a file that is not there is an error and no mistake of usage")
{
    const Answer answer = usherctl({"check", "/nonexistent/file"});
    CHECK(answer.status == ExitStatus::no);
    CHECK(answer.out.find("cannot be read: No such file or directory") != std::string::npos);
    CHECK(usherctl({"check", "--format", "xml", "x"}).status == ExitStatus::usage);
}

TEST_CASE("--format json and --json say the same as the text")
{
    const Files files;
    const std::string path = files.write("svc", service("    server_args = cat\n"));
    const Answer answer = usherctl({"--json", "check", path});
    CHECK(answer.out == usherctl({"check", "--format", "json", path}).out);
    const json read = json::parse(answer.out);
    CHECK(read["services"] == 1);
    CHECK(read["warnings"] == 1);
    REQUIRE(read["diagnostics"].size() == 1);
    const json& one = read["diagnostics"][0];
    CHECK(one["rule"] == "UL007");
    CHECK(one["severity"] == "warning");
    CHECK(one["file"] == path);
    CHECK(one["line"] == 9);
    CHECK(one["column"] == 5);
    CHECK(one["service"] == "svc");
    CHECK(one["attribute"] == "server_args");
}

TEST_CASE("SARIF has the shape of 2.1.0: a driver with rules, results that name them and a region")
{
    const Files files;
    const std::string path =
        files.write("s%v", service("    server_args = cat\n    instancs = 3\n"));
    const json read = json::parse(usherctl({"check", "--format", "sarif", path}).out);
    CHECK(read["version"] == "2.1.0");
    CHECK(read["$schema"].get<std::string>().ends_with("sarif-schema-2.1.0.json"));
    REQUIRE(read["runs"].size() == 1);
    const json& driver = read["runs"][0]["tool"]["driver"];
    CHECK(driver["name"] == "usherctl");
    REQUIRE(driver["rules"].size() == config::lint_count + 1);
    const json& results = read["runs"][0]["results"];
    REQUIRE(results.size() == 2);
    for (const json& result : results) {
        CHECK(driver["rules"][result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
        CHECK(result["level"] == "warning");
        CHECK_FALSE(result["message"]["text"].get<std::string>().empty());
        const json& place = result["locations"][0]["physicalLocation"];
        CHECK(place["artifactLocation"]["uri"].get<std::string>().ends_with("/s%25v"));
        CHECK(place["region"]["startLine"] > 8);
        CHECK(place["region"]["endColumn"] > place["region"]["startColumn"]);
    }
    CHECK(results[0]["ruleId"] == "UL000");
    CHECK(results[1]["ruleId"] == "UL007");
}

TEST_CASE("GitHub's commands hold no character that ends them early")
{
    CheckReport report;
    config::Diagnostic diagnostic;
    diagnostic.severity = config::Severity::error;
    diagnostic.path = "a,b:c";
    diagnostic.location = {{}, 3, 4};
    diagnostic.message = "100%\n::error::no";
    report.items.push_back({"UL000", diagnostic});
    report.errors = 1;
    CHECK(check_as_github(report) == "::error file=a%2Cb%3Ac,line=3,col=4,title=UL000::100%25%0A"
                                     "::error::no\n0 services, 0 dropped, 1 errors, 0 warnings\n");
}

} // namespace
} // namespace usherd::ctl

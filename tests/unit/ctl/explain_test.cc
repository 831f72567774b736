// SPDX-License-Identifier: BSD-2-Clause
//
// usherctl explain: from files, and as the daemon says it.

#include <nlohmann/json.hpp>

#include "daemon/control/json.h"
#include "tests/unit/ctl/ctl_harness.h"
#include "tests/unit/ctl/fake_daemon.h"

namespace usherd::ctl {
namespace {

constexpr std::string_view configuration = R"(defaults
{
    instances = 8
}
service svc
{
    type = UNLISTED
    flags = IPv4
    socket_type = stream
    port = 8000
    wait = no
    user = root
    server = /bin/cat
    only_from = 192.0.2.0/24 198.51.100.7
    no_access = 192.0.2.66
    access_times = 02:00-04:00
}
)";

struct Files {
    tests::TemporaryDirectory directory;
    std::string path = directory.path("conf");
    Files() { directory.write("conf", configuration); }
};

/// The line of a check.
std::string line_of(const Answer& answer, const std::string& check)
{
    const std::size_t at = answer.out.find(" " + check + " ");
    INFO(answer.out << answer.err);
    REQUIRE(at != std::string::npos);
    const std::size_t start = answer.out.rfind('\n', at) + 1;
    return answer.out.substr(start, answer.out.find('\n', at) - start);
}

bool ends_in(const Answer& answer, std::string_view end)
{
    INFO(answer.out << answer.err);
    return answer.out.ends_with(end);
}

TEST_CASE("explain says which rule admits, where it stands, and the margin that is left")
{
    const Files files;
    const Answer answer = usherctl(
        {"explain", "svc", "192.0.2.7", "--at", "2027-02-14 03:10", "--config", files.path});
    CHECK(answer.status == ExitStatus::done);
    CHECK(answer.out.starts_with(
        "svc from 192.0.2.7 at 2027-02-14 03:10:00, from files, with nothing running\n"));
    CHECK(line_of(answer, "service_limit").find("0 of 8") != std::string::npos);
    CHECK(line_of(answer, "service_limit").find(files.path + ":3:5") != std::string::npos);
    CHECK(line_of(answer, "only_from").starts_with("pass"));
    CHECK(
        line_of(answer, "only_from").find("only_from has 192.0.2.0/24  " + files.path + ":14:17") !=
        std::string::npos);
    CHECK(ends_in(answer, "\nadmitted\n"));
}

TEST_CASE("explain ends with the reason of a refusal, and with 1")
{
    const Files files;
    const Answer denied =
        usherctl({"explain", "svc", "192.0.2.66", "--at", "03:10", "--config", files.path});
    CHECK(denied.status == ExitStatus::no);
    CHECK(line_of(denied, "no_access").starts_with("refuse"));
    CHECK(line_of(denied, "no_access").find(files.path + ":15:17") != std::string::npos);
    CHECK(ends_in(denied, "\nrefused: address\n"));

    const Answer late =
        usherctl({"explain", "svc", "192.0.2.7", "--at", "04:01", "--config", files.path});
    CHECK(late.status == ExitStatus::no);
    CHECK(line_of(late, "time").find(files.path + ":16:5") != std::string::npos);
    CHECK(line_of(late, "only_from").starts_with("-"));
    CHECK(ends_in(late, "\nrefused: time\n"));
}

TEST_CASE("explain in JSON has the same facts")
{
    const Files files;
    const Answer answer = usherctl(
        {"--json", "explain", "svc", "203.0.113.1", "--at", "03:10", "--config", files.path});
    CHECK(answer.status == ExitStatus::no);
    const auto read = nlohmann::json::parse(answer.out);
    CHECK(read["traces"][0]["admitted"] == false);
    CHECK(read["traces"][0]["reason"] == "address");
    CHECK(read["traces"][0]["live"] == false);
}

TEST_CASE("explain asks the daemon unless files are named")
{
    FakeDaemon daemon;
    control::Trace trace;
    trace.service = "svc";
    trace.from = "192.0.2.7";
    trace.live = true;
    trace.reason = "service_limit";
    trace.steps = {{"service_limit", "refuse", "instances 8 of 8", 8, 8, {}}};
    const std::string target = "GET /v1/explain?service=svc&from=192.0.2.7&at=03%3A10";
    daemon.answer(target, control::to_json(control::TraceList{{trace}}));
    const Answer answer =
        usherctl({"--socket", daemon.socket(), "explain", "svc", "192.0.2.7", "--at", "03:10"});
    CHECK(daemon.asked() == std::vector<std::string>{target});
    CHECK(answer.status == ExitStatus::no);
    CHECK(answer.out.find("with the counts of the running daemon") != std::string::npos);
    CHECK(line_of(answer, "service_limit").find("8 of 8") != std::string::npos);
    CHECK(ends_in(answer, "\nrefused: service_limit\n"));
}

TEST_CASE("explain complains of what it cannot explain")
{
    const Files files;
    CHECK(usherctl({"explain", "svc", "somewhere", "--config", files.path}).status ==
          ExitStatus::usage);
    CHECK(
        usherctl({"explain", "svc", "192.0.2.7", "--at", "noon", "--config", files.path}).status ==
        ExitStatus::usage);
    CHECK(usherctl({"explain", "gopher", "192.0.2.7", "--config", files.path}).status ==
          ExitStatus::no);
    CHECK(usherctl({"explain", "svc", "192.0.2.7", "--config", "/nonexistent"}).status ==
          ExitStatus::no);
    const Answer nobody = usherctl({"--socket", "/nonexistent/s", "explain", "svc", "192.0.2.7"});
    CHECK(nobody.status == ExitStatus::no_daemon);
    CHECK(nobody.err.find("--config /etc/usherd/usherd.conf") != std::string::npos);
}

} // namespace
} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause

#include <nlohmann/json.hpp>

#include "daemon/ctl/metrics_json.h"
#include "tests/support/catch.h"

namespace usherd::ctl {
namespace {

using nlohmann::json;

TEST_CASE("each family of metrics is an object with its samples")
{
    const auto told = json::parse(metrics_json("# HELP up Whether it is.\n# TYPE up gauge\n"
                                               "up{service=\"a\"} 1\nup{service=\"b\"} 0\n"
                                               "# TYPE late histogram\n"
                                               "late_bucket{le=\"0.5\"} 3\n"
                                               "late_bucket{le=\"+Inf\"} 4\n"
                                               "late_sum 0.25\nlate_count 4\n")
                                      .value())["metrics"];
    REQUIRE(told.size() == 2);
    CHECK(told[0] == json::parse(R"({"name":"up","help":"Whether it is.","type":"gauge","samples":[
        {"name":"up","labels":{"service":"a"},"value":1},
        {"name":"up","labels":{"service":"b"},"value":0}]})"));
    CHECK(told[1]["samples"].size() == 4);
    CHECK(told[1]["samples"][1]["labels"]["le"] == "+Inf");
    CHECK(told[1]["samples"][2]["value"] == 0.25);
}

TEST_CASE("labels of metrics may hold anything")
{
    const auto text = metrics_json("x{a=\"q\\\"b\\\\n\\n}, \",c=\"\"} 2 1700000000000\n");
    const auto labels = json::parse(text.value())["metrics"][0]["samples"][0]["labels"];
    CHECK(labels == json{{"a", "q\"b\\n\n}, "}, {"c", ""}});
}

TEST_CASE("values that JSON has no number for are told in words")
{
    const auto samples =
        json::parse(metrics_json("a +Inf\na NaN\na -1e-3\n").value())["metrics"][0]["samples"];
    CHECK(samples[0]["value"] == "+Inf");
    CHECK(samples[1]["value"] == "NaN");
    CHECK(samples[2]["value"] == -0.001);
}

TEST_CASE("what is no text of metrics is none")
{
    for (const char* const bad :
         {"a", "a x", "a{", "a{b}", "a{b=\"", "a{b=\"\\", "a{b=\"c\" 1", "a{b=\"c\"}1", "a 1x"})
        CHECK_FALSE(metrics_json(bad));
    CHECK(metrics_json("") == R"({"metrics":[]})");
}

} // namespace
} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/text.h"
#include "daemon/ctl/top_screen.h"
#include "tests/support/catch.h"

namespace usherd::ctl {
namespace {

control::ServiceSummary service(std::string id, std::uint64_t key, std::uint64_t accepted,
                                std::uint64_t refused = 0, std::uint64_t running = 0)
{
    control::ServiceSummary summary;
    summary.id = std::move(id);
    summary.key = key;
    summary.state = "active";
    summary.accepted = accepted;
    summary.refused = refused;
    summary.running = running;
    return summary;
}

std::vector<std::string> order(const TopModel& model, TopSort sort)
{
    std::vector<std::string> ids;
    for (const TopRow* row : model.rows(sort))
        ids.push_back(row->service.id);
    return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("rates are what came between the last two answers, by the second")
{
    TopModel model;
    model.take(control::ServiceList{{service("a", 1, 100, 10)}}, 1000);
    CHECK(model.rows(TopSort::rate)[0]->accepted_rate == 0);
    model.take(control::ServiceList{{service("a", 1, 120, 14)}}, 3000);
    CHECK(model.rows(TopSort::rate)[0]->accepted_rate == 10);
    CHECK(model.rows(TopSort::rate)[0]->refused_rate == 2);
    CHECK(model.accepted_rate() == 10);
}

TEST_CASE("a daemon that was started anew counts from nothing")
{
    TopModel model;
    model.take(control::ServiceList{{service("a", 1, 100)}}, 1000);
    model.take(control::ServiceList{{service("a", 1, 3)}}, 2000);
    CHECK(model.rows(TopSort::rate)[0]->accepted_rate == 3);
}

TEST_CASE("services that are gone are forgotten, new ones begin with nothing")
{
    TopModel model;
    model.take(control::ServiceList{{service("a", 1, 100)}}, 1000);
    model.take(control::ServiceList{{service("b", 2, 50)}}, 2000);
    REQUIRE(model.rows(TopSort::name).size() == 1);
    CHECK(model.rows(TopSort::name)[0]->accepted_rate == 0);
}

TEST_CASE("each key sorts by its number, most first, and equals by name")
{
    TopModel model;
    model.take(control::ServiceList{{service("c", 1, 5, 9, 1), service("a", 2, 7, 1, 1),
                                     service("b", 3, 1, 2, 8)}},
               1000);
    CHECK(order(model, TopSort::accepted) == Ids{"a", "c", "b"});
    CHECK(order(model, TopSort::refused) == Ids{"c", "b", "a"});
    CHECK(order(model, TopSort::running) == Ids{"b", "a", "c"});
    CHECK(order(model, TopSort::rate) == Ids{"a", "b", "c"});
    CHECK(order(model, TopSort::name) == Ids{"a", "b", "c"});
}

TEST_CASE("a history holds five minutes, newest at the right")
{
    History history;
    history.add(0, 1000);
    history.add(60, 1001);
    CHECK(history.columns(5) == std::vector<double>{0, 0, 0, 0, 1});
    for (std::int64_t second = 1002; second <= 1061; ++second)
        history.add(0, second);
    CHECK(history.columns(5) == std::vector<double>{0, 0, 0, 1, 0});
    history.add(0, 2000); // long asleep
    CHECK(history.columns(5) == std::vector<double>{0, 0, 0, 0, 0});
}

TEST_CASE("what came between two looks is spread over the time between them")
{
    History history;
    history.add(0, 1000);
    history.add(300, 1300);
    CHECK(history.columns(3) == std::vector<double>{1, 1, 1});
}

TEST_CASE("a sparkline has its highest value as the largest block, and shows whatever came")
{
    const std::vector<double> values{0, 0.01, 4, 8};
    CHECK(sparkline(values, true) == " ▁▄█");
    CHECK(sparkline(values, false) == " .=#");
    CHECK(sparkline(std::vector<double>{0, 0}, true) == "  ");
}

TEST_CASE("the screen fits, whatever its size, on both pages")
{
    TopModel model;
    control::ServiceList list;
    for (std::uint64_t i = 0; i < 100; ++i)
        list.services.push_back(
            service("service-with-a-long-name-" + std::to_string(i) + "\x1b[2J", i, i * 1'000'000));
    model.take(list, 1000);
    model.take(control::SourceLists{5, {{std::string(60, 'a'), 5, 0, 3, 2}}, {}});
    for (const std::size_t columns : {2U, 10U, 40U, 80U, 200U})
        for (const std::size_t lines : {1U, 2U, 5U, 24U, 60U})
            for (const TopPage page : {TopPage::services, TopPage::sources}) {
                TopView view;
                view.page = page;
                view.columns = columns;
                view.lines = lines;
                view.color = false;
                const auto screen = draw(model, view);
                CHECK(screen.size() == lines);
                for (const std::string& line : screen) {
                    CHECK(line.find('\x1b') == std::string::npos);
                    CHECK(width(line) <= columns);
                }
            }
}

TEST_CASE("at 80 by 24 there are nineteen services, a title and the keys")
{
    TopModel model;
    control::ServiceList list;
    for (std::uint64_t i = 0; i < 30; ++i)
        list.services.push_back(service("s" + std::to_string(i + 10), i, 0));
    model.take(list, 1000);
    TopView view;
    view.color = false;
    const auto screen = draw(model, view);
    CHECK(screen[3].starts_with("SERVICE          STATE     RUNNING"));
    CHECK(screen[3].find("LAST 5 MINUTES") != std::string::npos);
    CHECK(screen[4].starts_with("s10 "));
    CHECK(screen[22].starts_with("s28 "));
    CHECK(screen[23].starts_with("q quit"));
    view.first = 5;
    CHECK(draw(model, view)[4].starts_with("s15 "));
    view.trouble = "no daemon";
    CHECK(draw(model, view)[23] == "no daemon");
}

} // namespace
} // namespace usherd::ctl

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/block.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/text.h"
#include "tests/support/catch.h"

namespace usherd::ctl {

using namespace std::chrono_literals;

TEST_CASE("text from outside cannot steer the terminal")
{
    CHECK(harmless("a\x1b[2Jb\n\x7f") == "a\\x1b[2Jb\\x0a\\x7f");
    CHECK(harmless("\xc2\x9b") == "\\xc2\\x9b");          // CSI as one character
    CHECK(harmless("\xe2\x80\xae") == "\\xe2\\x80\\xae"); // right-to-left override
    CHECK(harmless("\xff\xc3") == "\\xff\\xc3");
    CHECK(harmless("Grüße …") == "Grüße …");
}

TEST_CASE("a text is cut by characters and shows that it was")
{
    CHECK(cut("abcdef", 6) == "abcdef");
    CHECK(cut("abcdef", 5) == "abcd…");
    CHECK(cut("äöüäöü", 3) == "äö…");
    CHECK(cut("abc", 0).empty());
    CHECK(width("äö…") == 3);
}

TEST_CASE("durations and numbers read well")
{
    CHECK(for_people(0ms) == "0s");
    CHECK(for_people(-5s) == "0s");
    CHECK(for_people(59'999ms) == "59s");
    CHECK(for_people(60s) == "1m00s");
    CHECK(for_people(3661s) == "1h01m");
    CHECK(for_people(25h) == "1d01h");
    CHECK(precise(999) == "999ms");
    CHECK(precise(1500) == "1.50s");
    CHECK(precise(61'000) == "1m01s");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'234'567) == "1,234,567");
}

TEST_CASE("durations on the command line have a unit, or are seconds")
{
    CHECK(parse_duration("90") == 90s);
    CHECK(parse_duration("90s") == 90s);
    CHECK(parse_duration("15m") == 900s);
    CHECK(parse_duration("2h") == 7200s);
    CHECK(parse_duration("7d") == 604'800s);
    for (const char* const bad : {"", "0", "-1", "m", "1w", "1 h", "99999999999999999999", "9999d"})
        CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("a block holds the addresses that share its bits, an address itself alone")
{
    const auto block = parse_block("192.0.2.77/24");
    REQUIRE(block);
    CHECK(holds(*block, "192.0.2.1"));
    CHECK_FALSE(holds(*block, "192.0.3.1"));
    CHECK_FALSE(holds(*block, "2001:db8::1"));
    CHECK(holds(parse_block("2001:db8::1").value(), "2001:db8::1"));
    CHECK_FALSE(holds(parse_block("2001:db8::1").value(), "2001:db8::2"));
    CHECK(holds(parse_block("0.0.0.0/0").value(), "192.0.2.1"));
    for (const char* const bad : {"", "x", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/1x", "::/129"})
        CHECK_FALSE(parse_block(bad));
}

TEST_CASE("a table without a limit is as wide as its texts, without blanks at the ends")
{
    Table table({{"NAME"}, {"COUNT", Align::right}, {"LAST"}});
    table.add({std::string("a"), std::string("1,234,567"), std::string("")});
    table.add({std::string("longer"), std::string("2"), std::string("x")});
    CHECK(table.text({}) == "NAME        COUNT  LAST\n"
                            "a       1,234,567\n"
                            "longer          2  x\n");
}

TEST_CASE("a table fits the terminal: the widest of the columns that may be cut gives way")
{
    Table table(
        {{"NAME", Align::left, true}, {"COUNT", Align::right}, {"LAST", Align::left, true}});
    table.add({std::string(40, 'n'), std::string("12"), std::string("short")});
    for (const std::size_t columns : {80, 40, 24}) {
        const std::string text = table.text({columns, false});
        std::size_t start = 0;
        for (std::size_t end = text.find('\n'); end != std::string::npos;
             end = text.find('\n', start)) {
            CHECK(width(text.substr(start, end - start)) <= columns);
            start = end + 1;
        }
        CHECK(text.find("short") != std::string::npos);
    }
}

TEST_CASE("colours do not change the width of a column")
{
    Table table({{"STATE"}, {"N"}});
    table.add({Cell("up", Color::green), std::string("1")});
    CHECK(table.text({0, true}) == "\x1b[1mSTATE\x1b[0m  \x1b[1mN\x1b[0m\n"
                                   "\x1b[32mup\x1b[0m     1\n");
}

} // namespace usherd::ctl

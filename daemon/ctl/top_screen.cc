// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/top_screen.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "daemon/ctl/render.h"

namespace usherd::ctl {

namespace {

constexpr std::size_t head_lines = 4; ///< two of totals, an empty one, the titles
constexpr std::size_t foot_lines = 1;

std::string rate_text(double rate)
{
    if (rate == 0)
        return "0";
    return rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

/// `1234`, `12.3k`, `4.5M`: at most five columns.
std::string short_number(std::uint64_t number)
{
    if (number < 10'000)
        return fmt::format("{}", number);
    const auto value = static_cast<double>(number);
    if (number < 1'000'000)
        return fmt::format("{:.0f}k", value / 1e3);
    return number < 1'000'000'000 ? fmt::format("{:.1f}M", value / 1e6)
                                  : fmt::format("{:.1f}G", value / 1e9);
}

std::string padded_right(const std::string& text, std::size_t columns)
{
    const std::string shown = cut(text, columns);
    return shown + std::string(columns - width(shown), ' ');
}

/// The columns of the table of services. What is left of the screen is the sparkline's.
struct Layout {
    std::size_t id = 16;
    std::size_t state = 9;
    std::size_t spark = 0;
    bool fits = true; ///< else lines are cut, and have no colours that could be cut, too

    explicit Layout(std::size_t columns)
    {
        constexpr std::size_t numbers = std::size_t{4} * 8; // running, two rates, refused
        const std::size_t fixed = id + 1 + state + numbers + 2;
        fits = columns >= fixed;
        spark = columns > fixed ? std::min<std::size_t>(columns - fixed, 60) : 0;
        if (spark > 30) { // names before minutes
            const std::size_t more = std::min<std::size_t>((spark - 30) / 2, 24);
            id += more;
            spark -= more;
        }
    }
};

std::vector<std::string> totals(const TopModel& model, const TopView& view)
{
    const control::DaemonStatus& status = model.status();
    std::string first = fmt::format(
        "{} {}  up {}  services {}: {} active", harmless(status.program), harmless(status.version),
        for_people(status.now - status.started), status.services.total, status.services.active);
    if (status.services.suspended > 0)
        first += fmt::format(", {} suspended", status.services.suspended);
    if (status.services.out_of_service > 0)
        first += fmt::format(", {} out of service", status.services.out_of_service);
    const std::string second = fmt::format(
        "running {}  accepted {}/s  refused {}/s  descriptors {} of {}  bans {}", status.running,
        rate_text(model.accepted_rate()), rate_text(model.refused_rate()), status.open_descriptors,
        status.descriptor_limit, status.bans);
    return {painted(cut(first, view.columns), Color::bold, view.color), cut(second, view.columns),
            ""};
}

std::string service_line(const TopRow& row, const Layout& layout, const TopView& view)
{
    const bool color = view.color && layout.fits;
    const control::ServiceSummary& service = row.service;
    const std::string running = service.instances
                                    ? fmt::format("{}/{}", service.running, *service.instances)
                                    : fmt::format("{}", service.running);
    const auto values = row.history.columns(layout.spark);
    std::string line =
        padded_right(harmless(service.id), layout.id) + ' ' +
        painted(padded_right(harmless(service.state), layout.state), state_color(service.state),
                color) +
        fmt::format("{:>8}{:>8}{:>8}{:>8}  ", cut(running, 7), rate_text(row.accepted_rate),
                    rate_text(row.refused_rate), short_number(service.refused)) +
        painted(sparkline(values, view.unicode), Color::cyan, color);
    return layout.fits ? line : cut(line, view.columns);
}

void add_services(const TopModel& model, const TopView& view, std::size_t room,
                  std::vector<std::string>& lines)
{
    const Layout layout(view.columns);
    const std::string titles = padded_right("SERVICE", layout.id) + ' ' +
                               padded_right("STATE", layout.state) +
                               fmt::format("{:>8}{:>8}{:>8}{:>8}  {}", "RUNNING", "IN/S", "REFUS/S",
                                           "REFUSED", layout.spark >= 14 ? "LAST 5 MINUTES" : "");
    lines.push_back(painted(cut(titles, view.columns), Color::bold, view.color));
    const auto rows = model.rows(view.sort);
    for (std::size_t i = view.first; i < rows.size() && i < view.first + room; ++i)
        lines.push_back(service_line(*rows[i], layout, view));
}

void add_sources(const TopModel& model, const TopView& view, std::size_t room,
                 std::vector<std::string>& lines)
{
    const std::size_t half = (std::max<std::size_t>(view.columns, 2) - 2) / 2;
    const auto& addresses = model.sources().addresses;
    const auto& blocks = model.sources().blocks;
    const auto one = [half](const control::SourceCount& source) {
        const std::size_t name = half > 14 ? half - 14 : 1;
        return cut(
            padded_right(harmless(source.source), name) +
                fmt::format("{:>7}{:>7}", short_number(source.count), short_number(source.refused)),
            half);
    };
    const auto title = [half](const char* what) {
        const std::size_t name = half > 14 ? half - 14 : 1;
        return cut(padded_right(what, name) + fmt::format("{:>7}{:>7}", "CAME", "REFUS"), half);
    };
    lines.push_back(painted(title("ADDRESS") + "  " + title("BLOCK"), Color::bold, view.color));
    const std::size_t count = std::max(addresses.size(), blocks.size());
    for (std::size_t i = view.first; i < count && i < view.first + room; ++i) {
        const std::string left = i < addresses.size() ? one(addresses[i]) : "";
        lines.push_back(padded_right(left, half) + "  " +
                        (i < blocks.size() ? one(blocks[i]) : std::string()));
    }
}

std::string foot(const TopView& view)
{
    if (!view.trouble.empty())
        return painted(cut(harmless(view.trouble), view.columns), Color::red, view.color);
    const std::string keys =
        view.page == TopPage::services
            ? fmt::format("q quit  tab sources  sort by r rate, a accepted, f refused, u running, "
                          "n name: {}",
                          name(view.sort))
            : "q quit  tab services  up, down scroll";
    return painted(cut(keys, view.columns), Color::dim, view.color);
}

} // namespace

std::string sparkline(std::span<const double> values, bool unicode)
{
    constexpr std::array<std::string_view, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::array<std::string_view, 9> plain{" ", ".", ":", "-", "=", "+", "*", "%", "#"};
    const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
    std::string text;
    for (const double value : values) {
        // Whatever came at all is to be seen.
        const auto level =
            most <= 0 || value <= 0
                ? std::size_t{0}
                : std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(value / most * 8.0)),
                                          1, 8);
        text += unicode ? blocks[level] : plain[level];
    }
    return text;
}

std::vector<std::string> draw(const TopModel& model, const TopView& view)
{
    std::vector<std::string> lines = totals(model, view);
    const std::size_t taken = head_lines + foot_lines;
    const std::size_t room = view.lines > taken ? view.lines - taken : 0;
    if (view.page == TopPage::services)
        add_services(model, view, room, lines);
    else
        add_sources(model, view, room, lines);
    const std::size_t most = view.lines > foot_lines ? view.lines - foot_lines : 0;
    lines.resize(std::min(lines.size(), most)); // a screen of two lines
    lines.resize(most);
    lines.push_back(foot(view));
    return lines;
}

} // namespace usherd::ctl

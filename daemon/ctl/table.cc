// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/table.h"

#include <algorithm>
#include <cassert>

namespace usherd::ctl {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 6; ///< of a column that is cut

std::string padded(const Cell& cell, Align align, std::size_t columns, bool last, bool color)
{
    const std::string text = cut(cell.text, columns);
    const std::string blanks(columns - width(text), ' ');
    const std::string shown = painted(text, cell.color, color);
    if (align == Align::right)
        return blanks + shown;
    return last ? shown : shown + blanks;
}

std::string without_blanks_at_end(std::string line)
{
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

void Table::add(std::vector<Cell> row)
{
    assert(row.size() == columns_.size());
    for (Cell& cell : row)
        cell.text = harmless(cell.text);
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(const Style& style) const
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t most = width(columns_[i].title);
        for (const auto& row : rows_)
            most = std::max(most, width(row[i].text));
        widths.push_back(most);
    }
    std::size_t total = gap * (widths.size() - 1);
    for (const std::size_t one : widths)
        total += one;
    while (style.width != 0 && total > style.width) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i)
            if (columns_[i].may_be_cut && widths[i] > least_width &&
                (widest == widths.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == widths.size())
            break;
        --widths[widest];
        --total;
    }
    return widths;
}

std::string Table::text(const Style& style) const
{
    const std::vector<std::size_t> columns = widths(style);
    const auto line = [&](auto&& cell_of) {
        std::string text;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0)
                text += std::string(gap, ' ');
            text += padded(cell_of(i), columns_[i].align, columns[i], i + 1 == columns_.size(),
                           style.color);
        }
        return without_blanks_at_end(std::move(text)) + '\n';
    };
    std::string text = line([&](std::size_t i) { return Cell(columns_[i].title, Color::bold); });
    for (const auto& row : rows_)
        text += line([&](std::size_t i) { return row[i]; });
    return text;
}

void Facts::add(std::string name, const std::string& value, Color color)
{
    facts_.push_back({std::move(name), Cell(harmless(value), color)});
}

std::string Facts::text(const Style& style) const
{
    std::size_t most = 0;
    for (const Fact& fact : facts_)
        most = std::max(most, width(fact.name));
    std::string text;
    for (const Fact& fact : facts_)
        text += fact.name + std::string(most + gap - width(fact.name), ' ') +
                painted(fact.value.text, fact.value.color, style.color) + '\n';
    return text;
}

} // namespace usherd::ctl

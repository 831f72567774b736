// SPDX-License-Identifier: BSD-2-Clause
//
// Rows and columns that fit the terminal: what is too wide is cut, the widest column first. Pure.

#pragma once

#include <string>
#include <vector>

#include "daemon/ctl/text.h"

namespace usherd::ctl {

enum class Align : std::uint8_t { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    bool may_be_cut = false;
};

struct Cell {
    Cell(std::string its_text, Color its_color = Color::none)
        : text(std::move(its_text)), color(its_color)
    {
    }
    std::string text; ///< made harmless when it is printed
    Color color;
};

/// How to print: the same for all of one answer.
struct Style {
    std::size_t width = 0; ///< columns; 0: no limit
    bool color = false;
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// REQUIRES as many cells as columns.
    void add(std::vector<Cell> row);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    /// A line of titles, a line for each row; no blanks at the ends.
    [[nodiscard]] std::string text(const Style& style) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(const Style& style) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// `name   value` lines.
class Facts {
public:
    void add(std::string name, const std::string& value, Color color = Color::none);
    [[nodiscard]] std::string text(const Style& style) const;

private:
    struct Fact {
        std::string name;
        Cell value;
    };
    std::vector<Fact> facts_;
};

} // namespace usherd::ctl

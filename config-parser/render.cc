// SPDX-License-Identifier: BSD-2-Clause
//
// How a diagnostic looks to people: as from a compiler, or as one line of a log. Text from files
// is made harmless for a terminal here.

#include <algorithm>

#include "config-parser/diagnostic.h"
#include "config-parser/printable.h"

namespace usherd::config {

namespace {

constexpr std::size_t max_columns = 96; ///< of a source line on the screen
constexpr std::string_view indent = "    ";
constexpr std::string_view elided = "...";

/// One character on the screen: its bytes (replaced if unfit) and where it stood.
struct Cell {
    std::string_view text;
    std::size_t offset;
};

std::vector<Cell> to_cells(std::string_view text)
{
    std::vector<Cell> cells;
    cells.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = printable_length(text.substr(i));
        if (length == 0)
            cells.push_back({text[i] == '\t' ? " " : "?", i});
        else
            cells.push_back({text.substr(i, length), i});
        i += std::max<std::size_t>(length, 1);
    }
    return cells;
}

std::string harmless(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (const Cell& cell : to_cells(text))
        result += cell.text;
    return result;
}

std::string sentence(const Diagnostic& diagnostic)
{
    std::string text = harmless(diagnostic.message);
    // CR is data. What looks right on the screen and is wrong needs no other explanation.
    if (diagnostic.severity >= Severity::warning && diagnostic.source_line.ends_with('\r'))
        text +=
            "; the line ends in CR LF, and the CR is part of its last word: convert the file to "
            "LF line ends";
    else if (!diagnostic.suggestion.empty())
        text += "; " + harmless(diagnostic.suggestion);
    return text;
}

/// The cells to show: without the blanks around the text, at most max_columns, the caret within.
struct Window {
    std::size_t first;
    std::size_t last; ///< one past
};

Window choose_window(const std::vector<Cell>& cells, std::size_t caret)
{
    Window window{0, cells.size()};
    while (window.first < window.last && window.first < caret && cells[window.first].text == " ")
        ++window.first;
    if (window.last - window.first <= max_columns)
        return window;
    if (caret > window.first + max_columns / 2)
        window.first = std::min(caret - max_columns / 2, cells.size() - max_columns);
    window.last = std::min(window.first + max_columns, cells.size());
    return window;
}

std::string draw_caret(const Diagnostic& diagnostic)
{
    const std::vector<Cell> cells = to_cells(diagnostic.source_line);
    const std::size_t column = diagnostic.location.column;
    const std::size_t offset =
        column > diagnostic.source_offset ? column - 1 - diagnostic.source_offset : 0;
    const auto at_or_after = [&](std::size_t bytes) {
        const auto place = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
            return cell.offset + cell.text.size() > bytes;
        });
        return static_cast<std::size_t>(place - cells.begin());
    };
    const std::size_t caret = at_or_after(offset);
    const Window window = choose_window(cells, caret);
    const std::size_t end =
        std::clamp(at_or_after(offset + diagnostic.length), caret + 1, window.last + 1);

    std::string line{indent};
    std::string marks{indent};
    if (window.first > 0 && cells[window.first - 1].text != " ") {
        line += elided;
        marks.append(elided.size(), ' ');
    }
    for (std::size_t i = window.first; i < window.last; ++i)
        line += cells[i].text;
    if (window.last < cells.size())
        line += elided;
    marks.append(caret - window.first, ' ');
    marks += '^';
    marks.append(end - caret - 1, '~');
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n' + marks + '\n';
}

std::string place(const Diagnostic& diagnostic)
{
    std::string text = harmless(diagnostic.path);
    if (diagnostic.location.line > 0) {
        text += fmt::format(":{}", diagnostic.location.line);
        if (diagnostic.location.column > 0)
            text += fmt::format(":{}", diagnostic.location.column);
    }
    return text.empty() ? text : text + ": ";
}

} // namespace

std::string_view name(Severity severity) noexcept
{
    switch (severity) {
    case Severity::note:
        return "note";
    case Severity::debug:
        return "debug";
    case Severity::info:
        return "info";
    case Severity::warning:
        return "warning";
    case Severity::error:
        return "error";
    case Severity::critical:
        return "critical";
    }
    return "";
}

std::string render(const Diagnostic& diagnostic)
{
    std::string text = fmt::format("{}{}: {}\n", place(diagnostic), name(diagnostic.severity),
                                   sentence(diagnostic));
    if (diagnostic.location.line > 0 && diagnostic.location.column > 0 &&
        !diagnostic.source_line.empty())
        text += draw_caret(diagnostic);
    return text;
}

std::string brief(const Diagnostic& diagnostic)
{
    std::string text = harmless(diagnostic.path);
    if (diagnostic.location.line > 0)
        text += fmt::format(":{}", diagnostic.location.line);
    return (text.empty() ? text : text + ": ") + sentence(diagnostic);
}

std::string log_line(const Diagnostic& diagnostic)
{
    if (diagnostic.path.empty() || diagnostic.after_reading || diagnostic.location.line == 0)
        return brief(diagnostic);
    return fmt::format("{} [file={}] [line={}]", sentence(diagnostic), harmless(diagnostic.path),
                       diagnostic.location.line);
}

} // namespace usherd::config

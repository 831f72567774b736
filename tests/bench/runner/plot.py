# SPDX-License-Identifier: BSD-2-Clause
"""A plot of scale.py as SVG: panels beside each other, sizes at equal distances, the least and the most
as a thin bar behind each point."""
import math
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 330, 230, 56, 14, 58, 40
COLOURS = ("#1f6fb4", "#c8502c", "#3a8f4d", "#8a5fb0")
LOG_FROM = 30  #: the axis is logarithmic where the largest is so many times the smallest


def ceiling(largest):
    """The end of an axis: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= largest * 0.999999)


class Axis:
    """Values to heights: 0 at the bottom, 1 at the top."""

    def __init__(self, values):
        most = max(values, default=1) or 1
        least = min((value for value in values if value > 0), default=most)
        self.is_log = most / least > LOG_FROM
        self.low = 10.0 ** math.floor(math.log10(least)) if self.is_log else 0.0
        self.high = 10.0 ** math.ceil(math.log10(most) - 1e-9) if self.is_log else ceiling(most)

    def height(self, value):
        if not self.is_log:
            return value / self.high
        return math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)

    def marks(self):
        if not self.is_log:
            return [self.high * part / 4 for part in range(5)]
        decades = round(math.log10(self.high / self.low))
        return [self.low * 10**number for number in range(decades + 1)]


def short(number):
    """10k, 1M."""
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if number >= unit and number % (unit / 10) == 0:
            return f"{number / unit:g}{name}"
    return f"{number:g}"


class Canvas:
    """One panel at its place."""

    def __init__(self, panel, sizes, left):
        self.panel, self.sizes = panel, sizes
        self.left, self.right = left + LEFT, left + WIDTH - RIGHT
        self.bottom = HEIGHT - BOTTOM
        values = [v for points in panel["lines"].values() for point in points for v in point[1:]]
        self.axis = Axis(values)

    def x(self, size):
        part = self.sizes.index(size) / max(len(self.sizes) - 1, 1)
        return self.left + 14 + part * (self.right - self.left - 28)

    def y(self, value):
        return self.bottom - self.axis.height(value) * (self.bottom - TOP)

    def frame(self):
        title = f"{self.panel['title']}, {self.panel['unit']}"
        yield f'<text x="{self.left}" y="{TOP - 22}">{escape(title)}</text>'
        for mark in self.axis.marks():
            y = self.y(mark)
            yield (f'<line x1="{self.left}" y1="{y:.1f}" x2="{self.right}" y2="{y:.1f}" '
                   'stroke="#ddd"/>')  # fmt: skip
            yield f'<text x="{self.left - 5}" y="{y + 4:.1f}" text-anchor="end">{short(mark)}</text>'
        for size in self.sizes:
            yield (f'<text x="{self.x(size):.1f}" y="{self.bottom + 15}" '
                   f'text-anchor="middle">{short(size)}</text>')  # fmt: skip

    def line(self, number, peer, points):
        colour = COLOURS[number % len(COLOURS)]
        at = " ".join(f"{self.x(size):.1f},{self.y(value):.1f}" for size, value, *_ in points)
        yield f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        for size, value, least, most in points:
            x = f"{self.x(size):.1f}"
            yield (f'<line x1="{x}" y1="{self.y(least):.1f}" x2="{x}" y2="{self.y(most):.1f}" '
                   f'stroke="{colour}" stroke-opacity="0.4"/>')  # fmt: skip
            yield f'<circle cx="{x}" cy="{self.y(value):.1f}" r="2.5" fill="{colour}"/>'
        yield (f'<text x="{self.left + 90 * number}" y="{TOP - 8}" fill="{colour}">'
               f'{escape(peer)}</text>')  # fmt: skip

    def draw(self):
        yield from self.frame()
        for number, (peer, points) in enumerate(self.panel["lines"].items()):
            yield from self.line(number, peer, points)


def svg(plot):
    """@param plot what scale.summarize() returns"""
    width = WIDTH * len(plot["panels"])
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           "<!-- SPDX-License-Identifier: BSD-2-Clause. Made by scripts/bench.sh. -->",
           f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="11" fill="#333">',
           f'<rect width="{width}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="13">{escape(plot["title"])}</text>']  # fmt: skip
    for number, panel in enumerate(plot["panels"]):
        out += Canvas(panel, plot["sizes"], number * WIDTH).draw()
    return "\n".join([*out, "</svg>", ""])

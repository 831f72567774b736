# SPDX-License-Identifier: BSD-2-Clause
#
# A soak's samples as an SVG: panels under each other, one time axis.

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 900, 110, 34, 70, 20, 30
COLOURS = ("#1f6fb4", "#c8502c", "#3a8f4d")
POINTS = 450  # at most, of one line: each is the largest of those it stands for


def rates(samples, name):
    """Per second, of a count that grows."""
    return [(after.second, max(0, getattr(after, name) - getattr(before, name))
             / max(after.second - before.second, 0.001))
            for before, after in zip(samples, samples[1:])]


def values(samples, name, scale=1.0):
    return [(sample.second, getattr(sample, name) * scale) for sample in samples]


def panels(samples):
    """(title, {label: points}) of each."""
    cpu = [(second, 100 * used) for second, used in rates(samples, "cpu_seconds")]
    return [
        ("connections and datagrams per second", {"accepted": rates(samples, "accepted"),
                                                  "refused": rates(samples, "refused")}),
        ("resident memory, MiB", {"RSS": values(samples, "rss_kb", 1 / 1024)}),
        ("descriptors", {"open": values(samples, "descriptors")}),
        ("running", {"all": values(samples, "running"),
                     "processes": values(samples, "children"),
                     "zombies": values(samples, "zombies")}),
        ("hello: connect to end, ms", {"worst": values(samples, "hello_max_ms"),
                                       "median": values(samples, "hello_p50_ms")}),
        ("CPU of the daemon, % of one core", {"CPU": cpu}),
    ]


def thinned(points):
    step = max(1, -(-len(points) // POINTS))
    return [max(points[at:at + step], key=lambda point: point[1])
            for at in range(0, len(points), step)]


def ceiling(largest):
    """The end of an axis: 1, 2 or 5 times a power of ten."""
    end = 1.0
    while end < largest:
        end *= 2.5 if f"{end:e}"[0] == "2" else 2
    return end


def panel(title, lines, top, last_second):
    high = ceiling(max((y for points in lines.values() for _, y in points), default=1) or 1)
    bottom = top + PANEL
    out = [f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" '
           'fill="none" stroke="#999"/>',
           f'<text x="{LEFT}" y="{top - 6}">{title}</text>',
           f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{high:g}</text>',
           f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>']
    legend = WIDTH - RIGHT
    for number, (label, points) in enumerate(lines.items()):
        colour = COLOURS[number]
        at = " ".join(f"{LEFT + x / last_second * (WIDTH - LEFT - RIGHT):.1f},"
                      f"{bottom - y / high * PANEL:.1f}" for x, y in thinned(points))
        out.append(f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="1"/>')
        out.append(f'<text x="{legend}" y="{top - 6}" text-anchor="end" fill="{colour}">'
                   f'{label}</text>')
        legend -= 12 + 7 * len(label)
    return out


def svg(samples, title):
    last_second = max(samples[-1].second, 1)
    drawn = panels(samples)
    height = TOP + len(drawn) * (PANEL + GAP) + 20
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<!-- SPDX-License-Identifier: BSD-2-Clause. Made by scripts/soak.sh. -->',
           f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           'font-family="sans-serif" font-size="11" fill="#333">',
           f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
           f'<text x="{LEFT}" y="16" font-size="13">{title}</text>']
    top = TOP + 14
    for name, lines in drawn:
        out += panel(name, lines, top, last_second)
        top += PANEL + GAP
    for part in range(7):
        x = LEFT + part / 6 * (WIDTH - LEFT - RIGHT)
        out.append(f'<text x="{x:.0f}" y="{top - GAP + 16}" text-anchor="middle">'
                   f'{last_second / 60 * part / 6:.1f} min</text>')
    return "\n".join(out + ["</svg>", ""])

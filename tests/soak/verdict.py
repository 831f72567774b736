# SPDX-License-Identifier: BSD-2-Clause
#
# What a soak showed, decided from its samples alone.

import dataclasses
import statistics


@dataclasses.dataclass
class Sample:
    """One second of a soak; a line of the CSV."""
    second: float
    offered: int        # by the clients, until now
    in_flight: int
    accepted: int       # as the daemon counts
    refused: int
    started: int        # processes
    reaped: int
    running: int        # as the daemon says: processes, sessions, relays
    children: int       # as /proc says
    zombies: int
    descriptors: int
    rss_kb: int
    cpu_seconds: float  # of the daemon
    reloads: int
    hello_p50_ms: float
    hello_max_ms: float
    at_rest: int        # 1: nobody was there, and everything had to be given back

    @classmethod
    def names(cls):
        return [field.name for field in dataclasses.fields(cls)]


def slope(points):
    """Of the straight line through (x, y) that fits best, in y for one x."""
    if len(points) < 2:
        return 0.0
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def warm_up(samples):
    """Seconds that memory has to reach its size: five minutes, at most a third of the run."""
    return min(300.0, samples[-1].second / 3) if samples else 0.0


def lows(samples, start):
    """(second, least RSS) of at least five windows after `start`, of a minute at most. Answers,
    reloads and bursts take memory and give it back: what is leaked raises the least, too. Of the
    last one, which may have hardly begun, nothing is told if it has less than half of its samples."""
    width = min(60.0, max(1.0, (samples[-1].second - start) / 5))
    windows = {}
    for sample in samples:
        if sample.second >= start:
            windows.setdefault(int((sample.second - start) / width), []).append(sample.rss_kb)
    last = max(windows, default=0)
    if len(windows) > 1 and len(windows[last]) < max(map(len, windows.values())) / 2:
        del windows[last]
    return [(start + (number + 0.5) * width, min(found)) for number, found in
            sorted(windows.items())]


def memory_growth(samples):
    """(KiB that the trend of the least RSS says were added after the warm-up, that RSS at its
    end)."""
    points = lows(samples, warm_up(samples))
    return slope(points) * (points[-1][0] - points[0][0]), points[0][1]


def allowed_growth(samples, rss_kb):
    """Flat, but for what the allocator does: 4 %, at least 512 KiB. A few minutes may begin or end
    on one of its plateaus."""
    return max(512.0 if samples[-1].second >= 540 else 4096.0, 0.04 * rss_kb)


def judge(samples, check_memory=True):
    """What is wrong with the whole of it, as a list of texts; the checks of single seconds have
    been made when they were taken."""
    if len(samples) < 2:
        return ["there are no samples"]
    found = []
    rests = [sample for sample in samples if sample.at_rest]
    if len(rests) < 2:
        return found + ["it was never at rest"]
    floor = rests[0].descriptors
    for sample in rests:
        if sample.descriptors != floor:
            found.append(f"at rest after {sample.second:.0f} s there are {sample.descriptors} "
                         f"descriptors, first there were {floor}")
        if sample.zombies:
            found.append(f"at rest after {sample.second:.0f} s there are {sample.zombies} zombies")
        if sample.running or sample.started != sample.reaped:
            found.append(f"at rest after {sample.second:.0f} s: {sample.running} running, "
                         f"{sample.started} started, {sample.reaped} reaped")
    for sample in samples:
        # Every client has a descriptor or two, a relay up to eight, every handler a pipe.
        if sample.descriptors > floor + 10 * (sample.in_flight + sample.running) + 100:
            found.append(f"{sample.descriptors} descriptors after {sample.second:.0f} s")
    grown, base = memory_growth(samples)
    if check_memory and grown > allowed_growth(samples, base):
        found.append(f"RSS grew by {grown:.0f} KiB after the warm-up, from {base} KiB")
    if samples[-1].accepted == 0 or samples[-1].refused == 0:
        found.append("nobody came, or nobody was refused")
    return found


def summary(samples, check_memory=True):
    """The numbers, as rows (what, text)."""
    last = samples[-1]
    grown, base = memory_growth(samples)
    rests = [sample for sample in samples if sample.at_rest]
    return [
        ("time", f"{last.second / 60:.1f} minutes, {len(samples)} samples, {len(rests)} at rest"),
        ("offered", f"{last.offered:,}"),
        ("accepted", f"{last.accepted:,}"),
        ("refused", f"{last.refused:,}"),
        ("handlers started, reaped", f"{last.started:,}, {last.reaped:,}"),
        ("reloads", f"{last.reloads:,}"),
        ("running at most", str(max(sample.running for sample in samples))),
        ("descriptors at rest, at most", f"{rests[-1].descriptors if rests else '-'}, "
                                         f"{max(sample.descriptors for sample in samples)}"),
        ("zombies at most, at rest", f"{max(sample.zombies for sample in samples)}, "
                                     f"{max((sample.zombies for sample in rests), default=0)}"),
        ("RSS after warm-up, at the end, at most",
         f"{base:,} KiB, {last.rss_kb:,} KiB, {max(sample.rss_kb for sample in samples):,} KiB"),
        ("RSS trend of each minute's least after warm-up", f"{grown:+.0f} KiB" + ("" if check_memory else " (unchecked)")),
        ("CPU of the daemon", f"{100 * last.cpu_seconds / max(last.second, 1):.1f} % of one core"),
        ("connect to end of `hello`, median of the seconds' medians",
         f"{statistics.median(sample.hello_p50_ms for sample in samples):.2f} ms"),
    ]

# SPDX-License-Identifier: BSD-2-Clause
"""Cost against scale: the same small load, while something else grows. Each point is the median of the
rounds, in which all servers and sizes take turns."""
import resource
from dataclasses import dataclass, replace
from statistics import median

from . import measure, works
from .clients import offer
from .plot import svg  # noqa: F401 - the plots of this module
from .report import conditions, table, with_unit
from .scenarios import ONE, ONE_AND_END, SPREAD, Scenario
from .works import Work

PEERS = ("usherd", "xinetd")


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    value: tuple  #: path into the result


P50 = Panel("connect to end of file, p50", "µs", ("microseconds", "p50"))
RSS = Panel("memory (Rss)", "MB", ("megabytes",))
START = Panel("start", "s", ("start_seconds",))


@dataclass(frozen=True)
class Plot:
    name: str
    title: str
    how: str
    sizes: tuple
    scenario: Scenario
    method: object  #: (attempt, size) -> result
    panels: tuple
    most: tuple = ()  #: ((peer, largest size), ...)


def _told(result, server):
    return result | {"megabytes": server.rss() / 1e6, "start_seconds": server.seconds}


def with_services(attempt, size):
    with attempt.started(Work("services", size)) as server:
        port = server.port + size - 1
        options = attempt.scenario.load_options(attempt.share)
        return _told(offer(server.site, port, options), server)


def with_handlers(attempt, size):
    return measure.measure_crowded(attempt, replace(attempt.scenario.work, size=size))


def with_prefixes(attempt, size):
    with attempt.started(Work("list", size)) as server:
        return _told(attempt.offer(server), server)


def with_memory(attempt, size):
    library = attempt.places.programs / "libusherd-bench-ballast.so"
    ballast = {"LD_PRELOAD": str(library), "USHERD_BENCH_BALLAST": str(size)}
    with attempt.started(works.SPAWN, ballast if size else ()) as server:
        if server.rss() < size * measure.MIB:
            raise measure.Unusable(f"it has not become {size} MiB larger")
        return _told(attempt.offer(server), server)


def with_sources(attempt, size):
    with attempt.started(attempt.scenario.work) as server:
        spread = ["--sources", size]
        known = offer(server.site, server.port,
                      ["-c", 32, "-n", size, *spread])  # fmt: skip
        options = attempt.scenario.load_options(attempt.share)
        result = offer(server.site, server.port, [*options, *spread])
        result["errors"]["before"] = known["offered"] - known["done"]
        return _told(result, server)


def _light(work, load):
    return Scenario("scale", "load", work, load, connections=1500, seconds=1.5, warm_up=50)


PLOTS = (
    Plot("services", "services", "one connection at a time to the last of them, a process each",
         (10, 100, 1000, 10000, 30000), _light(Work("services"), ONE), with_services,
         (P50, START, RSS)),
    Plot("handlers", "running handlers, per_source set",
         "one connection at a time, a process each, beside handlers of the same service that stay",
         (0, 10, 100, 1000, 5000), _light(Work("hold", limited=True), ONE_AND_END), with_handlers,
         (P50,)),
    Plot("prefixes", "prefixes in only_from",
         "one connection at a time, a process each; the source is in the last of them",
         (1, 1000, 10000, 100000, 1000000), _light(Work("list"), ONE), with_prefixes,
         (P50, START, RSS)),
    Plot("memory", "MiB that the server is made larger",
         "one connection at a time, a process each; a preloaded library has written to so much "
         "memory in small pages before the server starts",
         (0, 64, 256, 1024), _light(works.SPAWN, ONE), with_memory, (P50,)),
    Plot("sources", "distinct sources",
         "as many connections to an internal service (daytime, per_source set), each from an address "
         "of its own, 32 at a time; then one at a time, from the same addresses",
         (1, 1000, 100000, 1000000), _light(Work("daytime", limited=True), ("-c", "1")),
         with_sources, (P50, RSS), most=(("xinetd", 100000),)),
)  # fmt: skip

assert SPREAD[0] == "--sources"  # with_sources says it again, and the last one counts


def sizes_of(plot, share, descriptors):
    """@return the sizes that can be had, and why others cannot"""
    sizes = [size for size in plot.sizes if size <= plot.sizes[-1] * share or size == plot.sizes[0]]
    most = descriptors - 500  # for whatever else a server opens
    if plot.name != "services" or sizes[-1] <= most:
        return sizes, []
    left_out = [f"{size:,} services: at most {descriptors:,} descriptors here"
                for size in sizes if size > most]  # fmt: skip
    return [size for size in sizes if size <= most] + [most // 1000 * 1000], left_out


class Rounds(measure.Rounds):
    """Of plots. `points`: (plot, size, measurement)."""

    def __init__(self, places, peers, plots, share, say):
        super().__init__(places, peers, [], share, say)
        self.points = []
        self.sizes = {}
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.plots = plots
        for plot in plots:
            self.sizes[plot.name], left_out = sizes_of(plot, share, descriptors)
            self.failures += left_out

    def round(self, number):
        turn = 1 if number % 2 else -1
        for plot in self.plots:
            for size in self.sizes[plot.name][::turn]:
                for peer in self.peers[::turn]:
                    if size <= dict(plot.most).get(peer.name, size):
                        self.point(plot, size, peer, number)

    def point(self, plot, size, peer, number):
        attempt = measure.Attempt(self.places, peer, plot.scenario, self.share, number)
        name = f"{plot.name} {size}"
        try:
            result = plot.method(attempt, size)
        except measure.EXPECTED as why:
            self.failures.append(f"{peer.name} with {name}, round {number}: {why}")
            self.say(self.failures[-1])
        else:
            one = measure.Measurement(name, peer.name, number, result)
            self.points.append((plot.name, size, one))
            self.say(measure.progress(one))


def _value(result, path):
    for key in path:
        result = result.get(key) if result is not None else None
    return result


def summarize(plot, points):
    """@return what is drawn and told: for each panel and server its points (size, median, least,
    most)"""
    mine = [(size, one) for name, size, one in points if name == plot.name]
    sizes = sorted({size for size, _ in mine})
    panels = []
    for panel in plot.panels:
        lines = {}
        for size in sizes:
            for peer in dict.fromkeys(one.peer for _, one in mine):
                values = [v for at, one in mine if at == size and one.peer == peer
                          and (v := _value(one.result, panel.value)) is not None]  # fmt: skip
                if values:
                    point = (size, median(values), min(values), max(values))
                    lines.setdefault(peer, []).append(point)
        panels.append({"title": panel.title, "unit": panel.unit, "lines": lines})
    errors = sum(sum(one.result["errors"].values()) for _, one in mine)
    return {"name": plot.name, "title": plot.title, "how": plot.how, "sizes": sizes,
            "panels": panels, "errors": errors}  # fmt: skip


def _growth(points):
    return f"× {points[-1][1] / points[0][1]:.2f}" if len(points) > 1 and points[0][1] else "—"


def markdown(results):
    parts = [conditions(results)]
    for plot in results["plots"]:
        parts.append(f"**{plot['title']}**: {plot['how']}.\n\n![{plot['title']}]"
                     f"(plots/{plot['name']}.svg)")  # fmt: skip
        lines = []
        for panel in plot["panels"]:
            for peer, points in panel["lines"].items():
                at = {size: value for size, value, *_ in points}
                cells = [with_unit(at[size], panel["unit"]) if size in at else "—"
                         for size in plot["sizes"]]  # fmt: skip
                lines.append([f"{peer}: {panel['title']}", *cells, _growth(points)])
        head = ["", *(f"{size:,}" for size in plot["sizes"]), "last ÷ first"]
        parts.append(table(head, lines))
        if plot["errors"]:
            parts.append(f"{plot['errors']} connections failed.")
    parts.append("\n".join(f"- not measured: {line}" for line in results["left_out"]))
    return "\n\n".join(filter(None, parts)) + "\n"

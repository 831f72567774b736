# SPDX-License-Identifier: BSD-2-Clause
"""The plots: points into medians, medians into tables and SVG; and the configurations of the runner."""
import dataclasses
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

from runner import plot, scale, works
from runner.measure import METHODS, Measurement, Rounds, slope
from runner.peer import Site
from runner.peers import all_peers
from runner.server import Unable, sample
from runner.works import Work

SVG = "{http://www.w3.org/2000/svg}"
PLOT = next(one for one in scale.PLOTS if one.name == "sources")


def point(peer, size, p50, megabytes=1.0, number=1):
    result = {"microseconds": {"p50": p50}, "megabytes": megabytes, "errors": {"reset": 1}}
    return PLOT.name, size, Measurement("", peer, number, result)


POINTS = [point("usherd", size, value) for size, value in
          ((1, 10.0), (1, 30.0), (1, 20.0), (1000, 40.0))] + [point("xinetd", 1, 5000.0)]  # fmt: skip


class Summary(unittest.TestCase):
    def setUp(self):
        self.summary = scale.summarize(PLOT, POINTS)

    def test_a_point_is_the_median_of_its_rounds_with_the_least_and_the_most(self):
        lines = self.summary["panels"][0]["lines"]
        self.assertEqual(lines["usherd"], [(1, 20.0, 10.0, 30.0), (1000, 40.0, 40.0, 40.0)])

    def test_a_size_that_a_server_lacks_is_a_dash(self):
        facts = {"plots": [self.summary], "left_out": ["so and so"], "when": "", "scheduler": "",
                 "machine": {"cpus": 1, "cpu": "", "kernel": ""},
                 "size": {"rounds": 1, "share": 1}}  # fmt: skip
        text = scale.markdown(facts)
        self.assertIn("| usherd: connect to end of file, p50 | 20.0 µs | 40.0 µs | × 2.00 |", text)
        self.assertIn("| xinetd: connect to end of file, p50 | 5.00 ms | — | — |", text)
        self.assertIn("5 connections failed", text)
        self.assertIn("- not measured: so and so", text)

    def test_its_svg_is_xml_with_every_point(self):
        root = ElementTree.fromstring(plot.svg(self.summary).encode())
        points = sum(len(lines) for panel in self.summary["panels"]
                     for lines in panel["lines"].values())  # fmt: skip
        self.assertEqual(len(root.findall(f"{SVG}circle")), points)

    def test_a_plot_of_nothing_is_still_one(self):
        ElementTree.fromstring(plot.svg(scale.summarize(PLOT, [])).encode())

    def test_sizes_beyond_the_descriptors_are_left_out_with_a_reason(self):
        services = next(one for one in scale.PLOTS if one.name == "services")
        sizes, left_out = scale.sizes_of(services, 1, 20000)
        self.assertEqual(sizes[-1], 19000)
        self.assertEqual(len(left_out), 1)
        self.assertEqual(scale.sizes_of(services, 1, 100000)[0][-1], 30000)
        self.assertEqual(scale.sizes_of(services, 0.001, 20000)[0], [10])


class Axes(unittest.TestCase):
    def test_an_axis_ends_at_a_round_number_and_is_logarithmic_where_it_must_be(self):
        self.assertEqual([plot.ceiling(value) for value in (0.3, 1, 7, 20, 230)],
                         [0.5, 1, 10, 20, 500])  # fmt: skip
        self.assertFalse(plot.Axis([100, 400]).is_log)
        steep = plot.Axis([10, 5000])
        self.assertTrue(steep.is_log)
        self.assertEqual((steep.height(10), steep.height(10000)), (0, 1))
        self.assertEqual(steep.marks(), [10, 100, 1000, 10000])

    def test_large_numbers_are_short(self):
        told = [plot.short(number) for number in (0, 64, 1000, 1024, 2500, 100000, 1000000)]
        self.assertEqual(told, ["0", "64", "1k", "1024", "2.5k", "100k", "1M"])


class Configurations(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        path = Path(scratch.name)
        self.site = Site(Path("/programs"), path, path, 7001, 2, path)

    def test_a_list_has_as_many_different_prefixes_as_asked_for_and_the_clients_last(self):
        for count in (1, 50, 51, 70000):
            words = [word for line in works.list_lines(count) for word in line.split()
                     if "/" in word]  # fmt: skip
            self.assertEqual(len(set(words)), count)
            self.assertEqual(words[-1], "127.0.0.0/8")
            self.assertFalse(any(word.startswith("127.") for word in words[:-1]))

    def test_every_service_of_many_has_a_file_and_a_port_of_its_own(self):
        files = list(self.site.services(20).iterdir())
        ports = {line.split()[-1] for file in files for line in file.read_text().splitlines()
                 if "port" in line.split()}  # fmt: skip
        self.assertEqual((len(files), len(ports)), (20, 20))

    def test_a_server_without_a_kind_of_work_says_so_and_is_left_out(self):
        haproxy = next(peer for peer in all_peers() if peer.name == "haproxy")
        self.assertIsNone(haproxy.command(self.site, works.SPAWN))

    def test_only_servers_with_a_limit_by_source_take_part_where_one_is_set(self):
        limited = Work("hold", 10, limited=True)
        able = [peer.name for peer in all_peers() if peer.name in ("xinetd", "usherd", "tcpsvd")
                or peer.command(self.site, limited)]  # fmt: skip
        self.assertEqual(able, ["usherd", "xinetd", "tcpsvd"])

    def test_services_that_are_asked_whether_they_listen_include_first_and_last(self):
        for count in (1, 5, 10000):
            asked = sample(count)
            self.assertEqual((asked[0], asked[-1]), (0, count - 1))

    def test_a_slope_is_bytes_for_each_item(self):
        self.assertEqual(slope({100: 5000, 1100: 15000}), 10)
        self.assertEqual(slope({100: 5000, 1100: 4900}), 0)


class Method:
    """A scenario's, that does what it is told for each server."""

    def __init__(self, outcomes):
        self.outcomes = outcomes
        self.calls = []

    def __call__(self, attempt):
        self.calls.append((attempt.round, attempt.scenario.name, attempt.peer.name))
        outcome = self.outcomes.get(attempt.peer.name)
        if outcome:
            raise outcome
        return {"errors": {}}


class Named:
    """A server, or a scenario that is measured by "fake"."""

    method = "fake"

    def __init__(self, name):
        self.name = name


class Fake(Rounds):
    def __init__(self, outcomes):
        super().__init__(None, [Named("a"), Named("b"), Named("c")], [Named("s"), Named("t")], 1,
                         lambda text: None)  # fmt: skip
        self.method = Method(outcomes)

    def round(self, number):
        with mock.patch.dict(METHODS, {"fake": self.method}):
            super().round(number)


class Order(unittest.TestCase):
    def test_the_order_turns_around_in_every_other_round(self):
        rounds = Fake({})
        rounds.run(2)
        self.assertEqual([peer for _, _, peer in rounds.method.calls], list("abcabc" + "cbacba"))

    def test_a_server_that_fails_leaves_a_hole_and_a_reason(self):
        rounds = Fake({"b": OSError("no")})
        rounds.run(1)
        self.assertEqual([one.peer for one in rounds.measurements], list("acac"))
        self.assertEqual(rounds.failures, ["b in s, round 1: no", "b in t, round 1: no"])

    def test_a_server_that_cannot_is_asked_once(self):
        rounds = Fake({"b": Unable("cannot")})
        rounds.run(3)
        self.assertEqual(len([1 for _, _, peer in rounds.method.calls if peer == "b"]), 2)
        self.assertEqual(rounds.failures, [])

    def test_no_round_begins_that_would_end_too_late(self):
        rounds = Fake({})
        after = []
        rounds.run(3, minutes=1e-9, after_each=lambda: after.append(rounds.complete))
        self.assertEqual((rounds.complete, after), (1, [1]))
        self.assertEqual(rounds.failures, ["rounds 2 to 3: no time left"])


class PlotRounds(unittest.TestCase):
    def test_sizes_and_servers_take_turns_and_what_fails_leaves_a_hole(self):
        asked = []

        def method(attempt, size):
            asked.append((size, attempt.peer.name))
            if (attempt.peer.name, size) == ("usherd", 1000):
                raise OSError("no")
            return {"errors": {}}

        tried = dataclasses.replace(PLOT, method=method, sizes=(1, 1000), most=(("xinetd", 1),))
        rounds = scale.Rounds(None, [Named("usherd"), Named("xinetd")], [tried], 1,
                              lambda text: None)  # fmt: skip
        rounds.run(2)
        once = [(1, "usherd"), (1, "xinetd"), (1000, "usherd")]
        self.assertEqual(asked, once + once[::-1])
        self.assertEqual(rounds.failures[-1], "usherd with sources 1000, round 2: no")
        self.assertEqual(len(rounds.points), 4)


if __name__ == "__main__":
    unittest.main()

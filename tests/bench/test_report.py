# SPDX-License-Identifier: BSD-2-Clause
"""The report: medians, ratios, verdicts, and what it does when a server is missing."""
import unittest
from pathlib import Path

from runner import publish, report
from runner.measure import BY_TURNS, METHODS, Measurement, summarize_pair
from runner.peers import all_peers
from runner.rows import ROWS, SCENARIOS, Hold, Row

TOP = Path(__file__).resolve().parents[2]
KINDS = {"usherd": "usherd", "xinetd": "peer", "socat": "peer", "floor-vfork": "floor"}
RATE = Row("rate", "connections/s", "how", "s", ("per_second",), "1/s", "higher", "floor-vfork",
           (Hold("xinetd", 1.5), Hold("best peer", 1.15), Hold("", 3000)))  # fmt: skip
TAIL = Row("tail", "p99.9", "how", "s", ("microseconds", "p99.9"), "µs", "lower", "floor-vfork",
           (Hold("floor", 1.1),))  # fmt: skip


def measured(peer, rates, tail=100.0, failed=0, scenario="s"):
    return [
        Measurement(scenario, peer, number, {
            "per_second": rate, "offered": 10, "errors": {"reset": failed},
            "microseconds": {"p99.9": tail},
        })
        for number, rate in enumerate(rates, 1)
    ]  # fmt: skip


def sliced(*medians):
    return [{"offered": 10, "errors": {"reset": 1}, "microseconds": {"p50": one}} for one in medians]


class Pair(unittest.TestCase):
    def test_the_ratio_is_of_the_medians_of_the_slices(self):
        result = summarize_pair({"without": sliced(100, 900, 110), "with": sliced(132, 130, 700)})
        self.assertAlmostEqual(result["ratio"], 1.2)
        self.assertEqual((result["offered"], result["errors"]), (60, {"without": 3, "with": 3}))

    def test_a_server_that_has_served_nothing_has_no_ratio(self):
        result = summarize_pair({"without": sliced(None), "with": sliced(100)})
        self.assertNotIn("ratio", result)
        self.assertIsNone(result["without"])


class Summary(unittest.TestCase):
    def test_a_peer_counts_with_the_median_of_its_rounds(self):
        row = report.summarize_row(RATE, measured("xinetd", [1, 9, 2]), KINDS)
        self.assertEqual(row["peers"]["xinetd"]["median"], 2)
        self.assertEqual((row["peers"]["xinetd"]["least"], row["peers"]["xinetd"]["most"]), (1, 9))

    def test_measurements_of_other_scenarios_do_not_count(self):
        row = report.summarize_row(RATE, measured("xinetd", [1], scenario="other"), KINDS)
        self.assertEqual(row["peers"], {})

    def test_the_best_peer_is_neither_usherd_nor_a_floor(self):
        everybody = (
            measured("usherd", [4000], 5) + measured("xinetd", [2000], 40)
            + measured("socat", [2500], 50) + measured("floor-vfork", [5000], 1)
        )  # fmt: skip
        self.assertEqual(report.summarize_row(RATE, everybody, KINDS)["best peer"], "socat")
        self.assertEqual(report.summarize_row(TAIL, everybody, KINDS)["best peer"], "xinetd")

    def test_ratios_are_ours_over_theirs_and_verdicts_follow_from_them(self):
        everybody = (
            measured("usherd", [4000]) + measured("xinetd", [2000]) + measured("socat", [3800])
        )
        row = report.summarize_row(RATE, everybody, KINDS)
        self.assertEqual(row["ratios"]["xinetd"], 2.0)
        self.assertIsNone(row["ratios"]["floor"])
        self.assertEqual([v["met"] for v in row["verdicts"]], [True, False, True])

    def test_where_lower_is_better_a_bound_is_met_from_below(self):
        for ours, met in ((110.0, True), (111.0, False)):
            everybody = measured("usherd", [1], ours) + measured("floor-vfork", [1], 100.0)
            row = report.summarize_row(TAIL, everybody, KINDS)
            self.assertEqual(row["verdicts"][0]["met"], met)

    def test_a_bound_that_the_floor_misses_too_is_told_as_such(self):
        for floor, told in ((2500, "≥ 3,000: **no** (nor the floor)"), (3500, "≥ 3,000: **no**")):
            everybody = (measured("usherd", [2400]) + measured("xinetd", [2000])
                         + measured("floor-vfork", [floor]))  # fmt: skip
            row = report.summarize_row(RATE, everybody, KINDS)
            cell = report.summary_table([row]).splitlines()[-1]
            self.assertTrue(cell.endswith(f"{told} |"), cell)

    def test_without_usherd_nothing_is_said_to_be_met(self):
        row = report.summarize_row(RATE, measured("xinetd", [1]), KINDS)
        self.assertEqual({v["met"] for v in row["verdicts"]}, {None})


class Text(unittest.TestCase):
    def results(self, measurements):
        return {
            "machine": {"cpus": 2, "cpu": "test", "kernel": "6"},
            "size": {"rounds": 3, "share": 1},
            "scheduler": "the system's",
            "kinds": KINDS,
            "notes": {"xinetd": "note"},
            "versions": {"xinetd": "2.3"},
            "rows": [report.summarize_row(row, measurements, KINDS) for row in (RATE, TAIL)],
            "when": "2026-11-21 22:55 UTC",
            "left_out": ["socat: not found"],
        }

    def test_a_missing_server_is_a_dash_and_a_line_that_says_why(self):
        text = report.markdown(self.results(measured("xinetd", [2000.4])))
        self.assertIn("| connections/s [1/s] | — | 2,000 | 2,000 (xinetd) | — |", text)
        self.assertIn("- not measured: socat: not found", text)
        self.assertIn("- xinetd 2.3 note", text)

    def test_failed_connections_stand_beside_the_number(self):
        text = report.markdown(self.results(measured("xinetd", [2000, 2000], failed=2)))
        self.assertIn("4 of 20 failed", text)

    def test_nothing_measured_at_all_is_still_a_report(self):
        self.assertIn("| connections/s [1/s] | — | — |", report.markdown(self.results([])))


    def test_the_short_table_says_numbers_with_their_units_and_the_verdicts(self):
        everybody = measured("usherd", [4000], 1500.0) + measured("xinetd", [2000], 90.0)
        text = report.short_table(self.results(everybody))
        self.assertIn("| connections/s | 4,000 | 2,000 | xinetd | — | ≥ 1.5 × xinetd: yes;", text)
        self.assertIn("| p99.9 | 1.50 ms | 90.0 µs |", text)

    def test_a_part_of_the_full_size_is_told(self):
        results = self.results([]) | {"size": {"rounds": 3, "share": 0.2}}
        self.assertIn("of 0.2 of the full size", report.markdown(results))

    def test_numbers_keep_three_digits(self):
        told = [report.with_unit(value, unit) for value, unit in
                ((0.0123, "s"), (0.25, "s"), (14.62, "MB"), (12345.0, "bytes"), (0, ""), (1.0, "×"))]
        self.assertEqual(told, ["12.3 ms", "0.25 s", "14.6 MB", "12.3 kB", "0", "1.00 ×"])

    def test_a_value_that_a_server_lacks_is_no_sample_of_it(self):
        bare = [Measurement("s", "xinetd", 1, {"offered": 1, "errors": {}})]
        self.assertEqual(report.summarize_row(TAIL, bare, KINDS)["peers"], {})

    def test_a_reference_of_nothing_has_no_ratio(self):
        everybody = measured("usherd", [1], 0.0) + measured("floor-vfork", [1], 0.0)
        row = report.summarize_row(TAIL, everybody, KINDS)
        self.assertIsNone(row["ratios"]["floor"])


class Publish(unittest.TestCase):
    BEGIN, END = publish.marks("numbers")

    def test_what_is_between_the_marks_is_replaced_and_nothing_else(self):
        text = f"before\n{self.BEGIN}\nold\n{self.END}\nafter\n"
        self.assertEqual(publish.replaced(text, "numbers", "new\n"),
                         f"before\n{self.BEGIN}\nnew\n{self.END}\nafter\n")  # fmt: skip

    def test_doing_it_again_changes_nothing(self):
        once = publish.replaced(f"{self.BEGIN}\n{self.END}", "numbers", "new")
        self.assertEqual(publish.replaced(once, "numbers", "new"), once)

    def test_a_file_without_a_place_for_it_is_refused(self):
        for text in ("", self.BEGIN, self.END + self.BEGIN, 2 * (self.BEGIN + self.END)):
            with self.assertRaises(ValueError):
                publish.replaced(text, "numbers", "new")

    def test_the_files_of_this_tree_have_their_places(self):
        for path, name in (("README.md", "numbers"), ("tests/bench/README.md", "last run"),
                           ("tests/bench/README.md", "scale")):  # fmt: skip
            publish.replaced((TOP / path).read_text(), name, "")


class Catalogue(unittest.TestCase):
    def test_every_row_has_its_scenario_its_floor_and_known_references(self):
        peers = {peer.name: peer for peer in all_peers()}
        for row in ROWS:
            self.assertIn(row.scenario, {s.name for s in SCENARIOS})
            if row.floor:
                self.assertEqual(peers[row.floor].kind, "floor")
            for hold in row.hold:
                self.assertIn(hold.against, {"", "best peer", "floor", *peers})

    def test_every_scenario_is_measured_somehow_and_wanted_by_a_row(self):
        for one in SCENARIOS:
            self.assertIn(one.method, {BY_TURNS, *METHODS})
            self.assertIn(one.name, {row.scenario for row in ROWS})

    def test_names_are_unique(self):
        for things in (ROWS, SCENARIOS, all_peers()):
            names = [thing.name for thing in things]
            self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()

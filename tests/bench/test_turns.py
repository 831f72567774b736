# SPDX-License-Identifier: BSD-2-Clause
"""A load in slices by turns: what is merged, in which order, and what a failure leaves."""
import unittest
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

from runner import turns


class Broken(Exception):
    """The server or the load could not be had."""


def load(times, seconds=1.0, refused=0):
    return {"offered": len(times) + refused, "done": len(times), "bytes": 3 * len(times),
            "seconds": seconds, "errors": {"refused": refused, "reset": 0}, "each": times,
            "microseconds": {"p99.9": max(times, default=None)}}  # fmt: skip


class Attempt:
    """Of a server that begins as it is told, and answers each slice with what `answer` gives."""

    share = 1.0
    round = 1
    scenario = SimpleNamespace(work=None, warm_ups=lambda share: 5)

    def __init__(self, name, log, answer=lambda: load([10.0]), starts=True, reaps=True):
        self.peer = SimpleNamespace(name=name, reaps=reaps)
        self.log, self.answer, self.starts = log, answer, starts
        self.used = 0.0

    @contextmanager
    def started(self, _):
        if not self.starts:
            raise Broken("does not start")
        yield self
        self.log.append(f"{self.peer.name} ends")

    def cpu_seconds(self):
        return self.used

    def offer(self, server, share, more):
        assert server is self and share == 1.0 / turns.SLICES and more == ["--each"]
        self.log.append(self.peer.name)
        self.used += 0.6
        return self.answer()


def measured(*attempts):
    with mock.patch.object(turns, "SETTLE_SECONDS", 0):
        told = turns.measure(attempts, Broken)
    return {attempt.peer.name: result for attempt, result in told}


class Slices(unittest.TestCase):
    def test_servers_are_up_together_and_each_has_a_slice_in_each_turn(self):
        log = []
        measured(Attempt("a", log), Attempt("b", log))
        self.assertEqual(log[-2:], ["b ends", "a ends"])
        pairs = list(zip(log[:-2:2], log[1:-2:2]))
        self.assertEqual(len(pairs), turns.SLICES)
        self.assertEqual(set(pairs), {("a", "b"), ("b", "a")})

    def test_the_order_of_a_turn_is_the_same_whenever_it_is_asked_for(self):
        orders = [turns.shuffled("abcdefgh", seed) for seed in (1, 2, 1)]
        self.assertEqual(orders[0], orders[2])
        self.assertNotEqual(orders[0], orders[1])
        self.assertEqual(sorted(orders[0]), list("abcdefgh"))

    def test_the_processor_time_of_all_slices_counts_for_all_that_was_served(self):
        result = measured(Attempt("a", []))["a"]
        # a connection and five to warm up in each slice, 0.6 s for them
        self.assertAlmostEqual(result["cpu_per_1000"], 100.0)

    def test_a_server_that_does_not_wait_for_its_handlers_has_no_processor_time(self):
        self.assertNotIn("cpu_per_1000", measured(Attempt("a", [], reaps=False))["a"])

    def test_a_server_that_does_not_start_leaves_the_others(self):
        told = measured(Attempt("a", [], starts=False), Attempt("b", []))
        self.assertIsInstance(told["a"], Broken)
        self.assertEqual(told["b"]["done"], turns.SLICES)

    def test_a_server_that_fails_in_a_slice_has_no_further_and_no_result(self):
        log = []
        told = measured(Attempt("a", log, answer=mock.Mock(side_effect=[load([1.0]), Broken()])),
                        Attempt("b", log))  # fmt: skip
        self.assertIsInstance(told["a"], Broken)
        self.assertEqual(log.count("a"), 2)
        self.assertEqual(told["b"]["done"], turns.SLICES)


class Merged(unittest.TestCase):
    def test_percentiles_are_of_all_times_together(self):
        low = [float(n) for n in range(1, 501)]
        result = turns.merged([load(low), load([n + 500 for n in low])])
        self.assertEqual(
            result["microseconds"],
            {"mean": 500.5, "p50": 500.0, "p90": 900.0, "p99": 990.0, "p99.9": 999.0, "max": 1000.0},
        )

    def test_counts_add_up_and_the_rate_is_of_the_time_under_load(self):
        result = turns.merged([load([1.0] * 6, seconds=1.0, refused=2), load([1.0] * 3, seconds=2.0)])
        self.assertEqual(result["offered"], 11)
        self.assertEqual(result["errors"], {"refused": 2, "reset": 0})
        self.assertEqual(result["per_second"], 3.0)
        self.assertNotIn("each", result)

    def test_the_tail_is_that_of_the_slice_in_the_middle(self):
        result = turns.merged([load([5.0]), load([9000.0]), load([7.0])])
        self.assertEqual(result["p99.9_of_slices"], 7.0)

    def test_without_any_success_there_are_no_times(self):
        result = turns.merged([load([], seconds=0.0, refused=1)])
        self.assertEqual({*result["microseconds"].values(), result["p99.9_of_slices"]}, {None})


if __name__ == "__main__":
    unittest.main()

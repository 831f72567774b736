# SPDX-License-Identifier: BSD-2-Clause
#
# The verdict of a soak, from samples made by hand: each thing that may go wrong is seen.

import dataclasses
import unittest

import plot
import verdict
from ledger import MAYBE, NEVER, REFUSED, SERVED, Ledger


def sound(seconds=600):
    """Samples of a soak without a fault: load, and at rest once a minute."""
    samples = []
    for second in range(seconds):
        rests = second % 60 == 30
        busy = 0 if rests else 5
        samples.append(verdict.Sample(
            float(second), 10 * second, busy, 9 * second, second, 5 * second,
            5 * second - busy, busy, busy, 0, 40 + 2 * busy, 10_000 + second % 7,
            0.01 * second, second // 5, 1.0, 3.0, int(rests)))
    return samples


def changed(samples, where, **values):
    samples[where] = dataclasses.replace(samples[where], **values)
    return samples


class Verdict(unittest.TestCase):
    def assert_found(self, samples, text):
        self.assertIn(text, " ".join(verdict.judge(samples)))

    def test_a_sound_soak_has_no_findings(self):
        self.assertEqual(verdict.judge(sound()), [])

    def test_a_last_minute_that_has_hardly_begun_has_no_least_memory(self):
        samples = sound()
        whole = verdict.lows(samples, verdict.warm_up(samples))
        later = dataclasses.replace(samples[-1], second=samples[-1].second + 30, rss_kb=20_000)
        self.assertEqual(verdict.lows(samples + [later], verdict.warm_up(samples)), whole)

    def test_memory_that_grows_is_found(self):
        leaking = [dataclasses.replace(sample, rss_kb=10_000 + 5 * int(sample.second))
                   for sample in sound()]
        self.assert_found(leaking, "RSS grew by")
        self.assertEqual(verdict.judge(leaking, check_memory=False), [])

    def test_memory_that_grows_while_it_warms_up_is_none(self):
        self.assertEqual(verdict.judge(
            [dataclasses.replace(sample, rss_kb=min(10_000 + 50 * int(sample.second), 15_000))
             for sample in sound(900)]), [])

    def test_memory_that_is_given_back_is_none(self):
        self.assertEqual(verdict.judge(
            [dataclasses.replace(sample, rss_kb=10_000 + 3_000 * (sample.second % 50 > 10))
             for sample in sound()]), [])

    def test_a_descriptor_that_is_kept_at_rest_is_found(self):
        self.assert_found(changed(sound(), 570, descriptors=41), "41 descriptors, first there")

    def test_descriptors_that_nobody_needs_are_found_under_load(self):
        self.assert_found(changed(sound(), 500, descriptors=400), "400 descriptors after")

    def test_a_zombie_at_rest_is_found(self):
        self.assert_found(changed(sound(), 570, zombies=1), "1 zombies")

    def test_a_handler_that_was_never_reaped_is_found(self):
        self.assert_found(changed(sound(), 570, reaped=1), "started, 1 reaped")

    def test_a_soak_without_clients_is_none(self):
        idle = [dataclasses.replace(sample, accepted=0) for sample in sound()]
        self.assert_found(idle, "nobody came")

    def test_the_plot_shows_every_panel(self):
        drawn = plot.svg(sound(), "a title")
        self.assertEqual(drawn.count("<rect"), 1 + len(plot.panels(sound())))
        self.assertIn("a title", drawn)


class Bounds(unittest.TestCase):
    def test_what_is_in_flight_may_or_may_not_have_been_counted(self):
        ledger = Ledger()
        with ledger.offer("a") as offer:
            self.assertEqual((ledger.least()["a"], ledger.most()["a"]), (0, 1))
            offer.outcome = SERVED
        self.assertEqual((ledger.least()["a"], ledger.most()["a"]), (1, 1))

    def test_who_reset_may_not_have_been_seen_and_who_was_not_let_in_cannot(self):
        ledger = Ledger()
        for outcome in (SERVED, REFUSED, MAYBE, NEVER):
            with ledger.offer("a") as offer:
                offer.outcome = outcome
        self.assertEqual((ledger.least()["a"], ledger.most()["a"]), (2, 3))
        bounds, served, _ = ledger.at_rest()["a"]
        self.assertEqual((bounds.least, bounds.most, served), (2, 3, None))
        self.assertNotIn(4, bounds)


if __name__ == "__main__":
    unittest.main()

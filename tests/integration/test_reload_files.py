# SPDX-License-Identifier: BSD-2-Clause
#
# Which files a reload opens: those that have changed since the last one, and no other, whatever the
# way in which they have changed.

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

import harness  # noqa: F401  (enters the sandbox)
from harness.case import USHERD, WORK, IntegrationCase, on, processes, wait
from harness.config import defaults, service

COUNT = 40
# A file rests so long before it is remembered; the clocks of files and of the day differ a little.
REST = 2.5


def ports():
    return {port for _, _, port in processes.listening()}


class ReloadFiles(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.drop_ins = WORK / "d"
        self.drop_ins.mkdir()

    def write(self, number, **attributes):
        path = self.drop_ins / f"s{number:02}"
        path.write_text(service(path.name, port=4000 + number, **attributes))
        return path

    def rest(self):
        """Until every file is old enough to be remembered."""
        def rested():
            return all(time.time() - max(status.st_mtime, status.st_ctime) > REST
                       for status in (path.stat() for path in self.drop_ins.iterdir()))
        wait.wait_until(rested, "files that have rested")

    def loaded(self, *options):
        for number in range(COUNT):
            self.write(number)
        self.rest()
        return self.started(USHERD, self.configuration(), *options)

    def configuration(self, **attributes):
        return defaults(**attributes) + f"includedir {self.drop_ins}\n"

    @contextlib.contextmanager
    def traced(self, subject):
        output = WORK / "strace"
        output.unlink(missing_ok=True)
        strace = subprocess.Popen([self.tool("strace"), "-f", "-qq", "-o", output, "-e",
                                   "trace=open,openat", "-p", str(subject.pid)],
                                  stdin=subprocess.DEVNULL)
        try:
            # The thread that reads is there from the start.
            for task in pathlib.Path(f"/proc/{subject.pid}/task").iterdir():
                wait.wait_until(lambda task=task: f"TracerPid:\t{strace.pid}" in
                                (task / "status").read_text(), "strace to attach")
            yield output
        finally:
            strace.send_signal(signal.SIGTERM)
            strace.wait()

    def opened(self, subject):
        """The drop-ins that a reload opens."""
        with self.traced(subject) as output:
            subject.reload()
        found = re.findall(rf'"{self.drop_ins}/(\w+)"', output.read_text())
        return sorted(set(found))

    @on(USHERD)
    def test_only_what_has_changed_is_opened(self, _):
        subject = self.loaded()
        self.assertEqual(self.opened(subject), [])

        self.write(7, instances=3)
        self.write(COUNT)
        self.assertEqual(self.opened(subject), ["s07", f"s{COUNT}"])
        self.assertEqual(ports(), set(range(4000, 4001 + COUNT)))

        (self.drop_ins / "s03").unlink()
        self.rest()
        self.assertEqual(self.opened(subject), ["s07", f"s{COUNT}"])  # they were young
        self.assertNotIn(4003, ports())
        self.assertEqual(self.opened(subject), [])

    @on(USHERD)
    def test_every_kind_of_change_is_noticed(self, _):
        subject = self.loaded()
        with self.subTest("the same size and time of modification"):
            path = self.drop_ins / "s01"
            before = path.stat()
            path.write_text(path.read_text().replace("4001", "4901"))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            self.assertEqual(self.opened(subject), ["s01"])
            self.assertIn(4901, ports())
        with self.subTest("twice within the clock's step"):
            path.write_text(path.read_text().replace("4901", "4902"))
            subject.reload()
            path.write_text(path.read_text().replace("4902", "4903"))
            subject.reload()
            self.assertIn(4903, ports())
        with self.subTest("another file under the name"):
            fresh = WORK / "fresh"
            fresh.write_text(service("s02", port=4904))
            fresh.rename(self.drop_ins / "s02")
            subject.reload()
            self.assertIn(4904, ports())
        with self.subTest("a mode that is not trusted"):
            (self.drop_ins / "s04").chmod(0o666)
            self.assertIn("s04", self.opened(subject))
            self.assertTrue([text for text in subject.message_texts("ERROR")
                             if "everybody can write it" in text])
        with self.subTest("another owner"):
            os.chown(self.drop_ins / "s05", 1, 1)
            self.assertIn("s05", self.opened(subject))
            self.assertTrue([text for text in subject.message_texts("ERROR")
                             if "user 1 can write it" in text])

    @on(USHERD)
    def test_a_link_that_leads_elsewhere_is_noticed(self, _):
        here, there = WORK / "here", WORK / "there"
        here.write_text(service("link", port=4905))
        there.write_text(service("link", port=4906))
        (self.drop_ins / "link").symlink_to(here)
        subject = self.loaded()
        self.assertEqual(self.opened(subject), [])
        (self.drop_ins / "link").unlink()
        (self.drop_ins / "link").symlink_to(there)
        self.assertEqual(self.opened(subject), ["link"])
        self.assertIn(4906, ports())

    @on(USHERD)
    def test_other_defaults_have_all_read_again(self, _):
        subject = self.loaded()
        subject.configure(self.configuration(instances=9))
        self.assertEqual(len(self.opened(subject)), COUNT)
        self.assertEqual(self.opened(subject), [])

# SPDX-License-Identifier: BSD-2-Clause
#
# usherctl top on a real terminal: tmux plays one of 80 by 24.

import os
import signal
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness.case import WORK, IntegrationCase, processes, wait
from harness.fake_status import FakeStatus
from harness.sandbox import BINARIES

NOW = "2026-01-05T08:03:07.250Z"
SOCKET = WORK / "status.sock"
ENVIRONMENT = {"PATH": f"{BINARIES}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
               "TERM": "xterm-256color", "HOME": "/tmp", "PS1": "ready$ ", "SHELL": "/bin/sh"}


def service(number, accepted):
    return {"id": f"service-{number}", "key": number, "name": "s", "kind": "program",
            "state": "active", "socket_type": "stream", "protocol": "tcp", "wait": False,
            "addresses": [f"*:{number}"], "running": number, "accepted": accepted, "started": 0,
            "refused": 0, "refused_by": {}, "place": {"file": "f", "line": 1, "column": 1}}


class Answers:
    """A daemon with forty services, of which the seventh is busy."""

    def __init__(self):
        self.looks = 0

    def __call__(self, path):
        if path == "/v1/status":
            return {"version": "0.1.0", "program": "usherd", "pid": 7, "uid": 0, "started": NOW,
                    "now": NOW, "config_file": "/etc/usherd/usherd.conf",
                    "services": {"total": 40, "active": 40, "suspended": 0, "handed_over": 0,
                                 "out_of_service": 0, "draining": 0, "disabled": 0,
                                 "stale": 0},
                    "reloads": {"done": 0, "failed": 0}, "running": 0, "accepted": 0,
                    "started_handlers": 0, "refused": {}, "open_descriptors": 9,
                    "descriptor_limit": 1024, "first_event": 1, "next_event": 1, "bans": 0, "sensed": 0}
        if path == "/v1/services":
            self.looks += 1
            return {"services": [service(n, 100 * self.looks if n == 7 else 0)
                                 for n in range(40)]}
        if path.startswith("/v1/sources"):
            return {"total": 3, "addresses": [{"source": "192.0.2.7", "count": 3, "error": 0,
                                               "accepted": 3, "refused": 0}],
                    "blocks": [{"source": "192.0.2.0/24", "count": 3, "error": 0, "accepted": 3,
                                "refused": 0}]}
        return None


class Top(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.tmux_program = self.tool("tmux")
        if not (BINARIES / "usherctl").exists():
            self.skipTest("usherctl is not built; set USHERD_BIN_DIR")
        self.fake = FakeStatus(SOCKET, Answers())
        self.addCleanup(lambda: self.fake.stop())
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "/bin/sh")
        self.addCleanup(self.end_tmux)
        self.wait_for("ready$")

    def tmux(self, *words):
        return subprocess.run([self.tmux_program, "-S", str(WORK / "tmux"), *words], check=True,
                              capture_output=True, text=True, env=ENVIRONMENT,
                              timeout=wait.PATIENCE).stdout

    def end_tmux(self):
        subprocess.run([self.tmux_program, "-S", str(WORK / "tmux"), "kill-server"],
                       capture_output=True, env=ENVIRONMENT, timeout=wait.PATIENCE)

    def screen(self):
        return self.tmux("capture-pane", "-p").splitlines()

    def wait_for(self, text):
        """The screen once `text` stands on it."""
        def there():
            screen = self.screen()
            return screen if any(text in line for line in screen) else None
        return wait.wait_until(there, lambda: f"{text!r} on\n" + "\n".join(self.screen()),
                               pause=0.05)

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def start(self):
        self.type(f"usherctl --socket {SOCKET} top; echo ended=$?", "Enter")
        return self.wait_for("q quit")

    def pid(self):
        return next(pid for pid in processes.pids()
                    if processes.command(pid).endswith(f"--socket {SOCKET} top"))

    def check_restored(self):
        """The terminal is as the shell had it: its screen, its cursor, its line mode."""
        self.wait_for("ended=0")
        self.assertEqual(self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"),
                         "0 1\n")
        self.type("stty -a | tr ' ;' '\\n' | grep -xE 'icanon|echo' | tr '\\n' '+'; echo stty", "Enter")
        self.wait_for("icanon+echo+stty")

    def test_it_fills_eighty_by_twenty_four_and_shows_the_busiest_first(self):
        self.start()
        screen = self.wait_for("service-7  ")
        self.assertEqual(len(screen), 24)
        self.assertLessEqual(max(len(line) for line in screen), 80)
        self.assertTrue(screen[0].startswith("usherd 0.1.0  up"), screen[0])
        self.assertTrue(screen[3].startswith("SERVICE"), screen[3])

        def busiest_first():
            line = self.screen()[4]
            return line.startswith("service-7 ") and line.rstrip().endswith("█")
        wait.wait_until(busiest_first, lambda: "a sparkline\n" + "\n".join(self.screen()),
                        pause=0.05)

    def test_keys_sort_scroll_and_turn_the_page(self):
        self.start()
        self.type("u")
        wait.wait_until(lambda: self.screen()[4].startswith("service-39 "), "sorted by running",
                        pause=0.05)
        self.type("j")
        wait.wait_until(lambda: self.screen()[4].startswith("service-38 "), "scrolled", pause=0.05)
        self.type("n")
        wait.wait_until(lambda: self.screen()[4].startswith("service-0 "), "sorted by name",
                        pause=0.05)
        self.type("Tab")
        self.wait_for("192.0.2.0/24")

    def test_q_ends_it_and_gives_the_terminal_back(self):
        self.start()
        self.type("q")
        self.check_restored()

    def test_signals_end_it_and_give_the_terminal_back(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                self.start()
                os.kill(self.pid(), number)
                self.check_restored()
                self.type("clear", "Enter")
                wait.wait_until(lambda: "ended" not in "".join(self.screen()), "a clear screen",
                                pause=0.05)

    def test_a_daemon_that_goes_away_is_told_and_waited_for(self):
        self.start()
        self.fake.stop()
        self.wait_for("no daemon answers")
        self.fake = FakeStatus(SOCKET, Answers())
        self.wait_for("q quit")
        self.type("q")
        self.check_restored()

    def test_without_a_terminal_it_says_what_to_use(self):
        done = subprocess.run([str(BINARIES / "usherctl"), "--socket", str(SOCKET), "top"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=wait.PATIENCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("top is for a terminal", done.stderr)

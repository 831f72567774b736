# SPDX-License-Identifier: BSD-2-Clause
#
# The status page in a real browser: what it shows, that it goes on showing what is, and that it
# can be read on a telephone. USHERD_SCREENSHOTS names a directory for pictures to look at.

import os
import pathlib

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.browser import Browser
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import block, defaults, internal, service

CAT = {"server": "/bin/cat", "server_args": None}
LIAR = "<img/src=x/onerror=document.title='caught'>"
SERVICES = (defaults(instances=8) + service(LIAR, id=LIAR, **CAT)
            + service("rsync", port=4001, no_access="127.0.0.9", **CAT)
            + service("members", port=4002, only_from="192.0.2.0/24", **CAT)
            + service("gone", port=4003, bind="203.0.113.77")
            + internal("echo", port=4004)
            + block("service web", {
                "type": "UNLISTED", "socket_type": "stream", "wait": "no", "user": "root",
                "server": "/bin/cat",
                "listen": "127.0.0.1:8080 [::1]:8080 unix:@a-socket-with-quite-a-long-name"}))
PAGE = "http://127.0.0.1:9872/"


class StatusPage(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)
        driver = self.tool("chromedriver")
        directory = WORK / "browser"
        directory.mkdir()
        self.browser = Browser(driver, directory)
        self.addCleanup(self.browser.close)

    def serve(self, text=SERVICES):
        self.subject = self.daemon(USHERD, text)
        return self.start()

    def start(self):
        return self.subject.start("--http", "127.0.0.1:9872", "--status-socket",
                                  str(self.subject.directory / "status" / "sock"))

    def wait_for(self, selector, *parts):
        def shown():
            text = self.browser.text(selector)
            return text if all(part in text for part in parts) else None
        return wait.wait_until(shown, lambda: f"{parts} in {selector}, which has "
                               f"{self.browser.text(selector)!r}; {self.browser.complaints()}",
                               pause=0.1)

    def row(self, name):
        """The cells of a service, as they are shown."""
        return self.browser.run(
            "return [...document.querySelectorAll('#services tbody tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
            ".find((cells) => cells[0].startsWith(arguments[0]));", name)

    def picture(self, name):
        directory = os.environ.get("USHERD_SCREENSHOTS")
        if directory:
            self.browser.screenshot(pathlib.Path(directory) / f"{name}.png")

    def assert_fits(self, width):
        """Nothing to scroll sideways for, neither in the page nor in a part of it."""
        wide = self.browser.run(
            "return [...document.querySelectorAll('*')].filter((one) => one.scrollWidth >"
            " document.documentElement.clientWidth && one.clientWidth > 0)"
            ".map((one) => one.tagName + '#' + one.id + '.' + one.className);")
        self.assertEqual(wide, [], f"wider than {width} px")
        self.assertEqual(self.browser.run("return window.innerWidth;"), width)

    def some_traffic(self):
        self.hold(4000)
        self.hold(4001)
        for _ in range(3):
            client.exchange(4001, source="127.0.0.9")
        client.exchange(4002)

    def test_it_shows_services_counts_refusals_sources_and_events(self):
        self.serve()
        self.some_traffic()
        self.browser.set_screen(1280, 900)
        self.browser.open(PAGE)
        self.wait_for("#services tbody", "rsync")
        self.assertEqual(self.row("rsync")[1:7],
                         ["active", "[::]:4001", "1 / 8", "1", "3", "address 3"])
        self.assertEqual(self.row("gone")[1], "out of service")
        self.assertIn("bind: Cannot assign", self.row("gone")[0])
        self.assertIn("of 6", self.wait_for("#tiles", "services up", "running"))
        self.assertIn("4", self.wait_for("#reasons", "address"))
        self.wait_for("#addresses", "127.0.0.9", "3 refused")
        self.wait_for("#blocks", "127.0.0.0/24")
        self.wait_for("#events tbody", "refused", "members")
        self.assertEqual(self.browser.text("#trouble"), "")
        self.assertEqual(self.browser.complaints(), [])

    def test_it_goes_on_showing_what_is(self):
        self.serve()
        self.browser.open(PAGE)
        self.wait_for("#reasons", "Nobody has been refused.")
        client.exchange(4002)
        self.wait_for("#reasons", "address")
        self.wait_for("#services tbody", "address 1")
        self.hold(4001)
        wait.wait_until(lambda: self.row("rsync")[3] == "1 / 8", "a running handler", pause=0.1)
        self.assertEqual(self.browser.complaints(), [])

    def test_names_from_a_configuration_are_text(self):
        self.serve()
        self.browser.open(PAGE)
        self.wait_for("#services tbody", LIAR)
        self.assertEqual(self.browser.run("return document.images.length;"), 0)
        self.assertEqual(self.browser.run("return document.title;"), "(1) usherd")
        self.assertEqual(self.browser.complaints(), [])

    def test_it_says_when_the_daemon_is_gone_and_goes_on_when_it_is_back(self):
        self.serve()
        self.browser.open(PAGE)
        self.wait_for("#services tbody", "rsync")
        self.subject.stop()
        self.wait_for("#trouble", "No answer from the daemon since")
        self.assertIn("rsync", self.browser.text("#services tbody"))
        self.start()
        wait.wait_until(lambda: self.browser.text("#trouble") == "", "an answer", pause=0.1)

    def test_services_are_filtered_by_name_state_and_address(self):
        self.serve()
        self.browser.open(PAGE)
        self.wait_for("#services tbody", "rsync")
        for words, names in (("rSy", ["rsync"]), ("out_of", ["gone"]), (":8080", ["web"]),
                             ("nothing", [])):
            self.browser.run("const field = document.getElementById('filter');"
                             "field.value = arguments[0];"
                             "field.dispatchEvent(new Event('input'));", words)
            shown = self.browser.run("return [...document.querySelectorAll('#services .id')]"
                                     ".map((cell) => cell.firstChild.textContent);")
            self.assertEqual(shown, names, words)

    def test_it_can_be_read_on_a_telephone_and_in_the_dark(self):
        self.serve()
        self.some_traffic()
        backs = set()
        for scheme in ("light", "dark"):
            self.browser.set_color_scheme(scheme)
            for name, width, height, mobile in (("desktop", 1280, 900, False),
                                                ("tablet", 800, 1000, False),
                                                ("phone", 390, 844, True)):
                self.browser.set_screen(width, height, mobile)
                self.browser.open(PAGE)
                self.wait_for("#services tbody", "rsync")
                self.wait_for("#events tbody", "members")
                self.assert_fits(width)
                self.picture(f"{name}-{scheme}")
            backs.add(self.browser.run("return getComputedStyle(document.body)"
                                       ".backgroundColor;"))
        self.assertEqual(len(backs), 2, backs)
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    import unittest
    unittest.main()

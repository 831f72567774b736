# SPDX-License-Identifier: BSD-2-Clause
#
# What README.md and usherctl(8) show of usherctl is what it says, on the daemon of
# scripts/quickstart.sh: same services, same ports. Times, ages, ports of clients and process ids
# may differ, and directories.

import re
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client, programs
from harness.case import USHERD, WORK, IntegrationCase, not_wrapped, wait
from harness.daemon import ENVIRONMENT
from harness.sandbox import BINARIES

OFFSET = 20000
SHIPPED = programs.REPOSITORY / "services.d"
QUICKSTART = (programs.REPOSITORY / "scripts/quickstart.sh").read_text()
MEMBERS = re.search(r'services\.d/members" <<END\n(.*?)^END$', QUICKSTART, re.M | re.S)[1]
MISTAKE = "\n    instancs    = 5\n    nice        = soon"
# A fragment that configuration management would put in its place.
FRAGMENT = """service svc
{
    type        = UNLISTED
    socket_type = stream
    port        = 8000
    wait        = no
    user        = root
    server      = /bin/cat
    server_args = cat
}
"""
ELSEWHERE = {"events --follow": "goes on", "drain --timeout 1m --kill members": "takes a minute"}


def normalised(line):
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?", "TIME", line)
    line = re.sub(r"[^\s']*/(?=usherd\.conf|members|mistake|svc|sock)", "", line)
    line = re.sub(r"\b(\d+d)?(\d+h)?(\d+m)?\d+(m?s|h)\b", "AGE", line)
    line = re.sub(r"(port=|pid=|process |_kb=|memory )\d+", r"\1N", line)
    line = re.sub(r"^( *)\d+ +(echo-stream +\S+ +)\d+ ", r"\1N \2N ", line)  # process and port
    line = re.sub(r"descriptors +\d+ of \d+", "descriptors N", line)
    return " ".join(line.split())


def examples(text):
    """(command, output lines) of each `$ usherctl`; the text is that of a README or of mdoc."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and (line.startswith("```") or line.startswith(".Ed") or line.startswith("---")):
            found.append(("", []))
        elif found and line.startswith(25 * " ") and line.strip():
            found[-1][1][-1] += " " + line.strip()  # a narrow terminal
        elif found:
            found[-1][1].append(line)
    return [(re.sub(r"^\S*usherctl (--socket \S+ )?", "", command), lines)
            for command, lines in found if re.match(r"\S*usherctl\b", command)]


class Documentation(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)
        self.usherctl = BINARIES / "usherctl"
        if not self.usherctl.exists():
            if programs.in_ci():
                self.fail("usherctl is not built; set USHERD_BIN_DIR")
            self.skipTest("usherctl is not built; set USHERD_BIN_DIR")
        self.here = WORK / "quickstart"
        (self.here / "services.d").mkdir(parents=True)
        self.write_configuration()
        self.subject = self.daemon(USHERD, directory=self.here)
        self.socket = self.here / "status" / "sock"
        self.subject.configuration = self.here / "usherd.conf"
        self.subject.start("--status-socket", str(self.socket), "--port-offset", str(OFFSET))

    def write_configuration(self):
        """As configure() in scripts/quickstart.sh."""
        text = (SHIPPED / "usherd.conf").read_text()
        text = re.sub(r"(?m)^( *log_type *=).*", rf"\1 FILE {self.here}/records", text)
        text = re.sub(r"(?m)^\{.*", r"\g<0>\n    bind            = 127.0.0.1", text)
        text = re.sub(r"(?m)^includedir .*", f"includedir {self.here}/services.d", text)
        (self.here / "usherd.conf").write_text(text)
        for name in ("echo", "discard", "chargen", "daytime", "time", "git"):
            text = (SHIPPED / name).read_text()
            text = re.sub(r"( disable *=) yes", r"\1 no", text)
            text = re.sub(r"( user *=).*", r"\1 root", text)
            text = text.replace("/srv/git", str(self.here / "repositories"))
            (self.here / "services.d" / name).write_text(text)
        (self.here / "services.d/members").write_text(MEMBERS)
        (self.here / "svc").write_text(FRAGMENT)

    def visit(self):
        """Who asks for the time is served, who is no member is not; an echo goes on."""
        client.exchange(OFFSET + 13)
        client.exchange(OFFSET + 99)
        self.held = client.connect(OFFSET + 7)
        self.addCleanup(self.held.close)
        self.held.sendall(b"x")
        client.read_some(self.held, 1)

    def make_mistake(self):
        text = (self.here / "services.d/git").read_text()
        text = re.sub(r"per_source.*", "", text)
        (self.here / "services.d/mistake").write_text(text.replace("{", "{" + MISTAKE, 1))

    def run_it(self, command):
        """Pipes and all."""
        done = subprocess.run(f"{self.usherctl} --socket {self.socket} {command}", shell=True,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=wait.PATIENCE, env=ENVIRONMENT, cwd=self.here)
        return done.stdout + done.stderr

    def compare(self, name):
        text = (programs.REPOSITORY / name).read_text().replace("\\&", "")
        shown = [one for one in examples(text) if one[0] not in ELSEWHERE]
        self.assertGreater(len(shown), 3)
        self.visit()
        for command, lines in shown:
            if command == "reload --dry-run":
                self.held.close()
                wait.wait_until(lambda: "echo" not in self.run_it("connections"), "its end")
                (self.here / "services.d/echo").unlink()
                if any("mistake" in line for line in lines):
                    self.make_mistake()
            with self.subTest(command):
                self.check(command, lines, self.run_it(command).splitlines())
        return {command for command, _ in shown}

    def check(self, command, lines, output):
        """Lines may be left out for `…`, and ends of lines for ` ...`."""
        said = [normalised(line) for line in output]
        at, free = 0, False
        for line in lines:
            wanted = normalised(line)
            if wanted in ("", "…", "..."):
                free = free or wanted != ""
                continue
            def fits(one):
                if wanted.endswith(" ..."):
                    return one.startswith(wanted[:-4])
                return one == wanted
            places = [i for i in range(at, len(said)) if fits(said[i])
                      and (free or not any(said[at:i]))]
            self.assertTrue(places, f"{command}: {line!r} ({wanted!r}) is not in\n"
                            + "\n".join(output))
            at, free = places[0] + 1, False
        self.assertTrue(free or not any(said[at:]), f"{command}: there is more:\n"
                        + "\n".join(output[at:]))

    def test_the_readme(self):
        self.compare("README.md")

    @not_wrapped("it keeps some descriptors, whose number is shown, for itself")
    def test_the_manual_shows_every_command_that_asks(self):
        commands = {command.split()[0] for command in self.compare("man/usherctl.8")}
        self.assertLessEqual({"status", "services", "show", "connections", "sources", "events",
                              "explain", "check", "reload", "metrics"}, commands)


if __name__ == "__main__":
    import unittest
    unittest.main()

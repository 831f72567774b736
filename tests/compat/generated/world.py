# SPDX-License-Identifier: BSD-2-Clause
#
# Runs one daemon, in private namespaces, on one configuration after the other: lines of JSON in (the
# text), lines of JSON out (exit status or None, dump, log, listening sockets). Started by run.py.

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "integration")]
import harness  # noqa: E402,F401  (enters the sandbox)
from harness import daemon as daemons  # noqa: E402
from harness import sandbox, wait  # noqa: E402
from values import DIRECTORY  # noqa: E402

DUMP = pathlib.Path("/var/run/xinetd.dump")


def sockets():
    """`tcp 127.0.0.1:80`, and whether IPv6 alone is taken."""
    lines = subprocess.run(["ss", "-Hlntuwe"], capture_output=True, text=True, check=True).stdout
    found = []
    for line in lines.splitlines():
        words = line.split()
        only = re.search(r"v6only:\d", line)
        found.append(f"{words[0]} {words[4]}" + (f" {only[0]}" if only else ""))
    return sorted(found)


def read(path):
    return path.read_bytes().decode(errors="backslashreplace") if path.exists() else ""


def observe(kind, text):
    directory = sandbox.WORK / "case"
    shutil.rmtree(directory, ignore_errors=True)
    subject = daemons.Daemon(kind, directory)
    subject.configuration.write_bytes(text.replace(DIRECTORY, str(directory)).encode())
    (subject.directory / "banner").write_text("hello\n")
    DUMP.unlink(missing_ok=True)
    subject.start(ready=False)
    try:
        return seen_of(kind, subject)
    finally:
        if not subject.exited():
            subject.process.kill()
            subject.process.wait()


def seen_of(kind, subject):
    wait.wait_until(lambda: subject.exited() or "Started working: " in read(subject.message_file),
                    f"a start or an end of {kind}")
    seen = {"listeners": sockets() if not subject.exited() else []}
    if not subject.exited():
        subject.send(signal.SIGUSR1)
        wait.wait_until(lambda: subject.exited() or "END OF DUMP" in read(DUMP), f"a dump of {kind}")
    seen["dump"] = read(DUMP)
    seen["status"] = subject.process.returncode if subject.exited() else None
    seen["log"] = read(subject.message_file)
    reports = daemons.sanitizer_reports([subject])
    if reports:
        seen["error"] = "\n".join(reports)
    return seen


def main(kind):
    if sandbox.unavailable:
        sys.exit(f"compat: {sandbox.unavailable}")
    pathlib.Path("/etc/networks").write_text("testnet 127.3.0.0\n")
    sandbox.WORK.mkdir(exist_ok=True)
    for line in sys.stdin:
        try:
            seen = observe(kind, json.loads(line))
        except Exception as error:  # the driver tells it with the text that brought it about
            seen = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

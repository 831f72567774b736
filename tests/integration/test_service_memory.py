# SPDX-License-Identifier: BSD-2-Clause
#
# What thousands of idle services cost the daemon, each in a file of its own.

import os
import resource
import shutil

SANITIZED = bool(os.environ.get("USHERD_SANITIZE"))
FEW, MANY = 100, 400 if SANITIZED else 4000
os.environ["USHERD_ITEST_OPEN_FILES"] = str(MANY + 1000)

import harness  # noqa: F401, E402  (enters the sandbox)
from harness.case import USHERD, WORK, IntegrationCase  # noqa: E402
from harness.config import defaults, service  # noqa: E402

MOST_BYTES = 1400  # of the daemon's memory, for each


def resident(pid):
    """Bytes of memory that the process has."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


class Memory(IntegrationCase):
    def resident_with(self, count):
        drop_ins = WORK / "d"
        drop_ins.mkdir()
        for number in range(count):
            path = drop_ins / f"s{number:04}"
            path.write_text(service(path.name, port=10000 + number))
        subject = self.started(USHERD, defaults() + f"includedir {drop_ins}\n")
        result = resident(subject.pid)
        subject.stop()
        shutil.rmtree(drop_ins)
        return result

    def test_libraries_that_nobody_needs_are_not_loaded(self):
        subject = self.started(USHERD, defaults() + service())
        with open(f"/proc/{subject.pid}/maps") as maps:
            loaded = maps.read()
        # Sanitizers want libtirpc from the start.
        rpc = () if SANITIZED else ("libtirpc", "libkrb5")
        for library in ("libsystemd", "libwrap", "libgcrypt", *rpc):
            self.assertNotIn(library, loaded)

    def test_an_idle_service_costs_less_than_1400_bytes(self):
        each = (self.resident_with(MANY) - self.resident_with(FEW)) / (MANY - FEW)
        print(f"{MANY} services, {each:.0f} bytes each", flush=True)
        if not SANITIZED:
            self.assertLess(each, MOST_BYTES)

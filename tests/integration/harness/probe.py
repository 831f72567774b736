# SPDX-License-Identifier: BSD-2-Clause
#
# A handler that tells what it sees of itself (handlers/probe.cc), and what it said.

import dataclasses
import pathlib
import shutil

from . import sandbox

PATH = pathlib.Path("/tmp/probe/in.probed")
BUILT = sandbox.BINARIES / "usherd-test-probe"


@dataclasses.dataclass
class Seen:
    argv: list
    environment: list   # NAME=value, in order
    status: dict        # lines of /proc/PID/status
    limits: dict        # name -> (soft, hard)
    directory: str
    stat: list          # from the state on
    descriptors: dict   # number -> what it is open on
    flags: int          # of descriptor 0

    @property
    def variables(self):
        return dict(entry.split("=", 1) for entry in self.environment)

    @property
    def ids(self):
        """(real, effective and saved uid), the same of gid, supplementary groups."""
        def numbers(name):
            return tuple(int(word) for word in self.status[name].split())
        return numbers("Uid")[:3], numbers("Gid")[:3], numbers("Groups")


def install(case):
    """Puts the probe where every user can run it."""
    if not BUILT.exists():
        case.require("usherd")
    PATH.parent.mkdir(exist_ok=True)
    shutil.copy(BUILT, PATH)
    PATH.chmod(0o755)


def parse(data):
    sections = {}
    for line in data.decode().splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], [])
        else:
            current.append(line)
    if "end" not in sections:
        raise AssertionError(f"the probe was cut short: {data!r}")
    status = dict(line.split(":", 1) for line in sections["status"])
    limits = {line[:26].strip(): tuple(line[26:].split()[:2]) for line in sections["limits"][1:]}
    stat = sections["stat"][0]
    descriptors = dict(line.split(" ", 1) for line in sections["fd"])
    return Seen(sections["cmdline"], sections["environ"],
                {name: value.strip() for name, value in status.items()}, limits,
                sections["cwd"][0], stat[stat.rindex(")") + 2:].split(),
                {int(number): target for number, target in descriptors.items()},
                int(sections["flags"][0]))

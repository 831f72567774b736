# SPDX-License-Identifier: BSD-2-Clause
#
# A handler that tells what it sees of itself: arguments, environment, descriptors, ids, limits.
# A shell script that reads its own /proc, so that no runtime of a language gets in the way.

import dataclasses
import pathlib

PATH = pathlib.Path("/tmp/probe/probe.sh")
SCRIPT = """\
p=$$
for s in cmdline environ; do echo "[$s]"; tr '\\0' '\\n' < /proc/$p/$s; done
echo "[status]"; cat /proc/$p/status
echo "[limits]"; cat /proc/$p/limits
echo "[cwd]"; readlink /proc/$p/cwd
echo "[stat]"; cat /proc/$p/stat
# No command substitution here: its pipe would show.
echo "[fd]"; ls -l /proc/$p/fd | sed -n 's/.* \\([0-9]*\\) -> /\\1 /p'
echo "[flags]"; sed -n 's/^flags:[ \\t]*//p' /proc/$p/fdinfo/0
echo "[end]"
"""


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


def install():
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(SCRIPT)
    # `server` needs the x bit; run by sh, so that argv[0] is the service's and not the kernel's.
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
                {int(number): target for number, target in descriptors.items()
                 if target != str(PATH)},
                int(sections["flags"][0], 8))

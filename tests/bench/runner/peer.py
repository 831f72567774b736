# SPDX-License-Identifier: BSD-2-Clause
"""What the bench knows of any server: where its things are, how to find its program, what it can tell.

A peer turns a Site (where things are in this run) and a Work into a command line, writing the files it
needs; None means that it cannot do that work. Equal work for everybody: no log, no name look-ups, no
limits, IPv4, the largest backlog it can be asked for.
"""
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import works


@dataclass(frozen=True)
class Site:
    """Where one start of one peer finds its things."""

    programs: Path  #: the directory of usherd, the floors and the handler
    unpacked: Path  #: the directory with one unpacked package in each sub-directory
    directory: Path  #: for the files of this start; its own
    port: int
    workers: int  #: threads of the parallel floor: as many as processors
    shared: Path = None  #: for files that all starts of a run share

    @property
    def target_port(self):
        """Where a relay leads."""
        return self.port + 10000

    @property
    def handler(self):
        return str(self.programs / "usherd-bench-handler")

    @property
    def holder(self):
        return str(self.programs / "usherd-bench-holder")

    def program_for(self, work):
        return self.holder if work.kind == "hold" else self.handler

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    @property
    def added(self):
        """The directory for services that a reload brings."""
        return self.directory / "added"

    def services(self, count):
        """The directory with so many drop-ins, made when first asked for."""
        directory = self.shared / f"services-{count}"
        if not directory.exists():
            partial = Path(f"{directory}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o755)
            for number in range(count):
                name, text = works.drop_in(number, self)
                (partial / name).write_text(text)
            partial.rename(directory)
        return directory


class Peer:
    """A server that can be started; `kind` is usherd, peer or floor."""

    kind = "peer"
    package = None  #: Debian package that is unpacked for it
    binaries = ()  #: names to look for, the first is the server
    serves_one = False  #: a process for each service: `services` are so many starts of it
    reaps = True  #: waits for its handlers, so that their CPU time counts as its own

    def __init__(self, name, note=""):
        self.name = name
        self.note = note

    def find(self, site, binary):
        """The unpacked program, else the installed one, else None."""
        root = site.unpacked / (self.package or "-")
        for directory in ("usr/sbin", "usr/bin", "sbin", "bin"):
            path = root / directory / binary
            if os.access(path, os.X_OK):
                return str(path)
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return shutil.which(binary, path=path)

    def missing(self, site):
        """Why it cannot take part, or None."""
        for binary in self.binaries:
            path = self.find(site, binary)
            if not path:
                return f"{binary} not found (package {self.package})"
            libraries = subprocess.run(
                ["ldd", path], capture_output=True, text=True, env=self.environment(site), check=False
            )
            for line in libraries.stdout.splitlines():
                if "not found" in line:
                    return f"{binary} lacks {line.split()[0]}"
        return None

    def environment(self, site):
        """A small one, as of a service manager: most servers copy theirs into every handler. And
        the libraries that came unpacked with the server, where the system lacks them."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        root = site.unpacked / (self.package or "-")
        directories = [str(p) for p in root.glob("usr/lib/*-linux-gnu*")] + [
            str(p) for p in root.glob("usr/lib/*-linux-gnu*/systemd")
        ]
        if directories:
            environment["LD_LIBRARY_PATH"] = ":".join(directories)
        return environment

    def command(self, site, work):
        raise NotImplementedError

    def port(self, site, work):
        """Where it listens."""
        return works.FIRST_SERVICE_PORT if work.kind == "services" else site.port

    def log_of(self, site, reloads):
        """How its log says that it serves and that so many reloads are done: (path, text, how often),
        None if it has none."""
        return None

    def add_service(self, site, number, size):
        """Writes one more than the `size` services and those added before. The reload follows."""
        site.added.mkdir(exist_ok=True)
        name, text = works.drop_in(number, site)
        (site.added / name).write_text(text)

    def clean_up(self):
        """After its end."""

# SPDX-License-Identifier: BSD-2-Clause
"""Who is measured, and how each is told to do a scenario's work, at its best.

A peer turns a Site (where things are in this run) and the name of a piece of work into a command
line, writing the files it needs; None means that it cannot do that work. Equal work for everybody:
no log, no name look-ups, no limits, IPv4, the largest backlog it can be asked for.
"""
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Site:
    """Where one start of one peer finds its things."""

    programs: Path  #: the directory of usherd, the floors and the handler
    unpacked: Path  #: the directory with one unpacked package in each sub-directory
    directory: Path  #: for the files of this start; its own
    port: int
    workers: int  #: threads of the parallel floor: as many as usherd has spawn workers

    @property
    def target_port(self):
        """Where a relay leads."""
        return self.port + 10000

    @property
    def handler(self):
        return str(self.programs / "usherd-bench-handler")

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)


class Peer:
    """A server that can be started; `kind` is usherd, peer or floor."""

    kind = "peer"
    package = None  #: Debian package that is unpacked for it
    binaries = ()  #: names to look for, the first is the server

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

    def clean_up(self):
        """After its end."""


@dataclass
class XinetdConfig:
    """One service in xinetd's syntax, the same text for xinetd and usherd."""

    site: Site
    extra: dict = field(default_factory=dict)

    def text(self):
        attributes = {
            "type": "UNLISTED",
            "socket_type": "stream",
            "protocol": "tcp",
            "flags": "IPv4",
            "port": self.site.port,
            "wait": "no",
            "user": "root",
            "server": self.site.handler,
            "instances": "UNLIMITED",
            "per_source": "UNLIMITED",
            "cps": "0 0",  # rate 0 turns the check off
            "disable": "no",
        } | self.extra
        lines = [f"    {name} = {value}" for name, value in attributes.items()]
        return "\n".join(["service bench", "{", *lines, "}", ""])


def attributes_for(work, site):
    """What the service of xinetd and usherd has beyond the common attributes."""
    return {
        "refuse": {"no_access": "127.0.0.0/8"},
        "relay": {"redirect": f"127.0.0.1 {site.target_port}"},
    }.get(work, {})


class Xinetd(Peer):
    package = "xinetd"
    binaries = ("xinetd",)

    def command(self, site, work):
        config = XinetdConfig(site, attributes_for(work, site))
        path = site.write("xinetd.conf", config.text())
        pid_file = str(site.directory / "pid")
        return [self.find(site, "xinetd"), "-dontfork", "-f", path, "-pidfile", pid_file]


class Usherd(Peer):
    """usherd itself, or a variant of it: another build, other options."""

    kind = "usherd"

    def __init__(self, name, words=(), note=""):
        super().__init__(name, note)
        self.words = list(words)

    def program(self, site):
        return self.words or [str(site.programs / "usherd")]

    def missing(self, site):
        program = self.program(site)[0]
        return None if os.access(program, os.X_OK) else f"{program} is not built"

    def command(self, site, work):
        config = XinetdConfig(site, attributes_for(work, site))
        path = site.write("usherd.conf", config.text())
        pid_file = str(site.directory / "pid")
        options = ["-f", path, "--foreground", "-pidfile", pid_file, "--no-status-socket"]
        return self.program(site) + options


class OpenbsdInetd(Peer):
    package = "openbsd-inetd"
    binaries = ("inetd",)
    DENY = Path("/etc/hosts.deny")
    is_mounted = False

    def command(self, site, work):
        if work == "relay":
            return None
        options = ["-i", "-q", "1000"]
        if work == "refuse":
            # It refuses through tcp_wrappers only, which read /etc; ours in this mount namespace.
            if not self.DENY.exists():
                return None
            deny = site.write("hosts.deny", "ALL: ALL\n")
            subprocess.run(["mount", "--bind", deny, str(self.DENY)], check=True)
            self.is_mounted = True
            options.append("-l")
        line = f"{site.port} stream tcp4 nowait.1000000000 root {site.handler} handler\n"
        return [self.find(site, "inetd"), *options, site.write("inetd.conf", line)]

    def clean_up(self):
        if self.is_mounted:
            subprocess.run(["umount", str(self.DENY)], check=True)
            self.is_mounted = False


class Tcpserver(Peer):
    package = "ucspi-tcp"
    binaries = ("tcpserver", "tcprules")

    def command(self, site, work):
        if work == "relay":
            return None
        options = ["-b", "1000", "-c", "1000", "-q", "-H", "-R", "-l", "bench"]
        if work == "refuse":
            rules = str(site.directory / "rules.cdb")
            subprocess.run(
                [self.find(site, "tcprules"), rules, rules + ".new"],
                input=b"127.:deny\n", check=True,
            )  # fmt: skip
            options += ["-x", rules]
        return [self.find(site, "tcpserver"), *options, "0", str(site.port), site.handler]


class Tcpsvd(Peer):
    package = "ipsvd"
    binaries = ("tcpsvd", "ipsvd-cdb")

    def command(self, site, work):
        if work == "relay":
            return None
        options = ["-b", "1000", "-c", "1000", "-l", "bench"]
        if work == "refuse":
            instructions = site.directory / "instructions"
            instructions.mkdir()
            refused = instructions / "127"
            refused.touch()
            refused.chmod(0)
            rules = str(site.directory / "rules.cdb")
            subprocess.run(
                [self.find(site, "ipsvd-cdb"), rules, rules + ".new", str(instructions)], check=True
            )
            options += ["-x", rules]
        return [self.find(site, "tcpsvd"), *options, "0", str(site.port), site.handler]


class SystemdSocketActivate(Peer):
    package = "systemd"
    binaries = ("systemd-socket-activate",)

    def environment(self, site):
        return super().environment(site) | {"SYSTEMD_LOG_LEVEL": "emerg"}

    def command(self, site, work):
        if work != "spawn":
            return None  # it has no access control, and relays with another program
        program = self.find(site, self.binaries[0])
        return [program, "--accept", "--inetd", "-l", f"0.0.0.0:{site.port}", site.handler]


class Socat(Peer):
    package = "socat"
    binaries = ("socat",)

    def command(self, site, work):
        listen = f"TCP4-LISTEN:{site.port},reuseaddr,fork,backlog=1000"
        if work == "refuse":
            listen += ",range=10.0.0.0/8"
        if work == "relay":
            target = f"TCP4:127.0.0.1:{site.target_port}"
            return [self.find(site, "socat"), "-b", "131072", listen, target]
        return [self.find(site, "socat"), listen, f"EXEC:{site.handler},nofork"]


HAPROXY = """global
    maxconn 1000
defaults
    mode tcp
    option splice-auto
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen bench
    bind 127.0.0.1:{port} backlog 1000
    server target 127.0.0.1:{target}
"""


class Haproxy(Peer):
    package = "haproxy"
    binaries = ("haproxy",)

    def command(self, site, work):
        if work != "relay":
            return None
        text = HAPROXY.format(port=site.port, target=site.target_port)
        return [self.find(site, "haproxy"), "-db", "-f", site.write("haproxy.cfg", text)]


class Direct(Peer):
    """No server at all: iperf3 speaks to iperf3."""

    kind = "floor"
    package = "iperf3"
    binaries = ("iperf3",)

    def command(self, site, work):
        return self.listening(site, site.port) if work == "relay" else None

    def listening(self, site, port):
        return [self.find(site, "iperf3"), "-s", "-4", "-p", str(port)]

    def client(self, site, seconds):
        program = self.find(site, "iperf3")
        return [program, "-4", "-J", "-c", "127.0.0.1", "-p", str(site.port), "-t", str(seconds)]


class Floor(Peer):
    """The least this system can do: programs of this directory."""

    kind = "floor"

    def __init__(self, name, arguments, note=""):
        super().__init__(name, note)
        self.arguments = arguments

    def missing(self, site):
        program = site.programs / f"usherd-{self.name}"
        return None if program.exists() else f"{program} is not built"

    def command(self, site, work):
        arguments = self.arguments(site, work)
        if arguments is None:
            return None
        program = str(site.programs / f"usherd-{self.name}")
        return [program, str(site.port), *map(str, arguments)]


def all_peers():
    """In the order of the tables."""
    return [
        Usherd("usherd"),
        Xinetd("xinetd"),
        OpenbsdInetd("openbsd-inetd", "-q 1000"),
        Tcpserver("tcpserver", "-b 1000 -c 1000 -H -R -l"),
        Tcpsvd("tcpsvd", "-b 1000 -c 1000 -l"),
        SystemdSocketActivate("systemd-socket-activate", "--accept --inetd"),
        Socat("socat", "fork, EXEC nofork, backlog=1000; -b 131072 as a relay"),
        Haproxy("haproxy", "splice-auto"),
        Floor("floor-vfork", lambda s, w: [s.handler] if w == "spawn" else None, "one thread"),
        Floor(
            "floor-parallel",
            lambda s, w: [s.handler, s.workers] if w == "spawn" else None,
            "as many threads as usherd has spawn workers",
        ),
        Floor(
            "floor-duties",
            lambda s, w: [s.handler, s.workers] if w == "spawn" else None,
            "the same with session, descriptors, limits, environment, wait4",
        ),
        Floor(
            "floor-accept",
            lambda s, w: {"refuse": [0], "spawn": [3]}.get(w),
            "no process",
        ),
        Direct("floor-direct", "no server between"),
    ]

# SPDX-License-Identifier: BSD-2-Clause
"""Who is measured, and how each is told to do a scenario's work, at its best."""
import os
import subprocess
from pathlib import Path

from . import works
from .floors import floors
from .peer import Peer, Site

__all__ = ["Peer", "Site", "Usherd", "all_peers"]


class Xinetd(Peer):
    package = "xinetd"
    binaries = ("xinetd",)

    def program(self, site):
        return [self.find(site, self.binaries[0])]

    def command(self, site, work):
        options = ["-dontfork", "-pidfile", str(site.directory / "pid")]
        if work.kind == "services":
            site.added.mkdir(exist_ok=True)
            text = works.many_services([site.services(work.size), site.added])
            options += ["-filelog", str(site.directory / "daemon.log")]
        else:
            text = works.one_service(work, site)
        return [*self.program(site), *options, "-f", site.write("conf", text)]

    def log_of(self, site, reloads):
        return site.directory / "daemon.log", "Reconfigured:" if reloads else "Started working:", (
            reloads or 1
        )


class Usherd(Xinetd):
    """usherd itself, or a variant of it: another build, other options."""

    kind = "usherd"
    package = None

    def __init__(self, name, words=(), note=""):
        super().__init__(name, note)
        self.words = list(words)

    def program(self, site):
        return self.words or [str(site.programs / "usherd")]

    def missing(self, site):
        program = self.program(site)[0]
        return None if os.access(program, os.X_OK) else f"{program} is not built"

    def command(self, site, work):
        words = [*super().command(site, work), "--no-status-socket"]
        return words if "-filelog" in words else [*words, "--foreground"]  # to say why it does not start


class OpenbsdInetd(Peer):
    package = "openbsd-inetd"
    binaries = ("inetd",)
    DENY = Path("/etc/hosts.deny")
    INTERNAL = {"daytime": ("stream tcp4 nowait", 13), "echo": ("dgram udp4 wait", 7)}
    is_mounted = False

    def port(self, site, work):
        """Its internal services have the ports of /etc/services."""
        return self.INTERNAL[work.kind][1] if work.kind in self.INTERNAL else super().port(site, work)

    def line(self, site, work):
        if work.kind in self.INTERNAL:
            how = self.INTERNAL[work.kind][0]
            return f"{work.kind} {how}.1000000000 root internal\n"
        return works.inetd_line(site.port, site.program_for(work))

    def command(self, site, work):
        if work.kind in ("relay", "list") or work.limited:
            return None
        options = ["-i", "-q", "1000"]
        if work.kind == "services":
            path = site.write("inetd.conf", "".join(
                works.inetd_line(works.FIRST_SERVICE_PORT + number, site.handler)
                for number in range(work.size)))  # fmt: skip
            return [self.find(site, "inetd"), *options, path]
        if work.kind == "refuse":
            # It refuses through tcp_wrappers only, which read /etc; ours in this mount namespace.
            if not self.DENY.exists():
                return None
            deny = site.write("hosts.deny", "ALL: ALL\n")
            subprocess.run(["mount", "--bind", deny, str(self.DENY)], check=True)
            self.is_mounted = True
            options.append("-l")
        return [self.find(site, "inetd"), *options, site.write("inetd.conf", self.line(site, work))]

    def add_service(self, site, number, size):
        with (site.directory / "inetd.conf").open("a") as file:
            file.write(works.inetd_line(works.FIRST_SERVICE_PORT + number, site.handler))

    def clean_up(self):
        if self.is_mounted:
            subprocess.run(["umount", str(self.DENY)], check=True)
            self.is_mounted = False


def _connections(work):
    """At a time, for servers that have a number for it."""
    return str(max(1000, work.size * 2) if work.kind == "hold" else 1000)


class Tcpserver(Peer):
    package = "ucspi-tcp"
    binaries = ("tcpserver", "tcprules")
    serves_one = True

    def rules(self, site, work):
        """In its own words, compiled. None: no rules."""
        if work.kind == "list":
            lines = ["{}.{}.{}.:allow\n".format(*prefix) for prefix in works.prefixes(work.size)]
            text = "".join(lines) + "127.:allow\n:deny\n"
        elif work.kind == "refuse":
            text = "127.:deny\n"
        else:
            return []
        rules = str(site.directory / "rules.cdb")
        subprocess.run([self.find(site, "tcprules"), rules, rules + ".new"],
                       input=text.encode(), check=True)  # fmt: skip
        return ["-x", rules]

    def command(self, site, work):
        if work.kind not in ("spawn", "services", "hold", "list", "refuse") or work.limited:
            return None
        options = ["-b", "1000", "-c", _connections(work), "-q", "-H", "-R", "-l", "bench"]
        return [self.find(site, "tcpserver"), *options, *self.rules(site, work),
                "0", str(site.port), site.program_for(work)]  # fmt: skip


class Tcpsvd(Peer):
    package = "ipsvd"
    binaries = ("tcpsvd", "ipsvd-cdb")
    serves_one = True

    def command(self, site, work):
        if work.kind not in ("spawn", "services", "hold", "refuse"):
            return None
        options = ["-b", "1000", "-c", _connections(work), "-l", "bench"]
        if work.limited:
            options += ["-C", _connections(work)]
        if work.kind == "refuse":
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
        return [self.find(site, "tcpsvd"), *options, "0", str(site.port), site.program_for(work)]


class SystemdSocketActivate(Peer):
    package = "systemd"
    binaries = ("systemd-socket-activate",)
    serves_one = True

    def environment(self, site):
        return super().environment(site) | {"SYSTEMD_LOG_LEVEL": "emerg"}

    def command(self, site, work):
        if work.kind not in ("spawn", "services", "hold") or work.limited:
            return None  # it has no access control, and relays with another program
        program = self.find(site, self.binaries[0])
        listen = f"0.0.0.0:{site.port}"
        return [program, "--accept", "--inetd", "-l", listen, site.program_for(work)]


class Socat(Peer):
    package = "socat"
    binaries = ("socat",)
    serves_one = True

    def command(self, site, work):
        if work.kind not in ("spawn", "services", "hold", "refuse", "relay") or work.limited:
            return None
        listen = f"TCP4-LISTEN:{site.port},reuseaddr,fork,backlog=1000"
        if work.kind == "refuse":
            listen += ",range=10.0.0.0/8"
        if work.kind == "relay":
            target = f"TCP4:127.0.0.1:{site.target_port}"
            return [self.find(site, "socat"), "-b", "131072", listen, target]
        return [self.find(site, "socat"), listen, f"EXEC:{site.program_for(work)},nofork"]


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
        if work.kind != "relay":
            return None
        text = HAPROXY.format(port=site.port, target=site.target_port)
        return [self.find(site, "haproxy"), "-db", "-f", site.write("haproxy.cfg", text)]


def all_peers():
    """In the order of the tables."""
    return [
        Usherd("usherd"),
        Xinetd("xinetd"),
        OpenbsdInetd("openbsd-inetd", "-q 1000; many services: one file of as many lines"),
        Tcpserver("tcpserver", "-b 1000 -c 1000 -H -R -l; a process for each service"),
        Tcpsvd("tcpsvd", "-b 1000 -c 1000 -l; a process for each service"),
        SystemdSocketActivate(
            "systemd-socket-activate", "--accept --inetd; a process for each service"
        ),
        Socat(
            "socat",
            "fork, EXEC nofork, backlog=1000; -b 131072 as a relay; a process for each service",
        ),
        Haproxy("haproxy", "splice-auto"),
        *floors(),
    ]

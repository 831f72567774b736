# SPDX-License-Identifier: BSD-2-Clause
"""What /proc says of a running server: memory, CPU time, children; and whether a port is served."""
import os
import socket
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def fields(pid):
    """/proc/PID/stat from the state on (proc(5) counts from 3), or None once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree(root):
    """@return [pid] of a process and all that descend from it"""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := fields(entry)):
            children.setdefault(int(stat[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(root):
    """User and system time that a process, its threads, and all children it has waited for have
    taken, and that its living descendants have."""
    total = 0
    for pid in tree(root):
        if stat := fields(pid):
            total += sum(map(int, stat[11:15]))  # utime, stime, cutime, cstime
    return total / TICKS


def rollup(pid, name):
    """Bytes; `name` is a line of /proc/PID/smaps_rollup, Rss or Pss. 0 once it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def server_processes(root, handlers=()):
    """The tree without the handlers: programs whose file is one of `handlers`."""
    result = []
    for pid in tree(root):
        try:
            if os.readlink(f"/proc/{pid}/exe") not in handlers:
                result.append(pid)
        except OSError:
            continue
    return result


def own_pss(root, handlers=()):
    """Bytes of the server's processes together, pages that several have counted once."""
    return sum(rollup(pid, "Pss") for pid in server_processes(root, handlers))


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def echoes(port):
    """Of UDP. By scripts/bench.sh's other address: openbsd-inetd answers none of 127.0.0.0/8."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.connect(("10.0.0.1", port))
        try:
            probe.send(b"?")
            return probe.recv(16) == b"?"
        except OSError:
            return False


LISTENING = "0A"  # of /proc/net/tcp


def listening_ports():
    """Without connecting: iperf3 would take that for its one client."""
    ports = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            words = line.split(None, 4)
            if words[3] == LISTENING:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports

# SPDX-License-Identifier: BSD-2-Clause
#
# What /proc says about processes. The sandbox has a pid namespace of its own, so all of them
# are ours: the test process is number 1 and inherits every orphan.

import os
import pathlib
import socket


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def stat(pid):
    """Fields of /proc/PID/stat from the state on ([0] is the state), or None if it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2:].split()


def state(pid):
    fields = stat(pid)
    return fields[0] if fields else None


def all_asleep(pid):
    """True if no thread of `pid` runs. The main thread is looked at last: it is the others that
    wake it."""
    try:
        threads = sorted((int(name) for name in os.listdir(f"/proc/{pid}/task")), reverse=True)
        states = [stat(f"{pid}/task/{thread}")[0] for thread in threads]
    except (FileNotFoundError, ProcessLookupError, TypeError):
        return False
    return set(states) == {"S"}


def parent(pid):
    fields = stat(pid)
    return int(fields[1]) if fields else None


def command(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return "(gone)"
    return b" ".join(words).decode(errors="replace").strip() or f"[{state(pid)}]"


WRAPPERS = "usherd-wrappers"   # usherd's helper for tcp_wrappers, and its processes


def name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return None


def children(pid):
    """But for the helper, which stays as long as the daemon."""
    return [other for other in pids() if parent(other) == pid and name(other) != WRAPPERS]


def wrappers(pid):
    return [other for other in pids() if parent(other) == pid and name(other) == WRAPPERS]


def zombies_of(pid):
    return [child for child in children(pid) if state(child) == "Z"]


def live_children(pid):
    return [child for child in children(pid) if state(child) not in (None, "Z", "X")]


def descriptors(pid):
    """Descriptor -> what it is open on, e.g. {0: '/dev/null', 5: 'socket:[4711]'}."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


TCP_LISTEN = "0A"


def tcp_sockets():
    """Inode -> (local port, state) of every TCP socket of the namespace."""
    found = {}
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            found[fields[9]] = (int(fields[1].rsplit(":", 1)[1], 16), fields[3])
    return found


def listening():
    """Everything bound for service: {('tcp', address, port), ('udp', …)} as /proc/net shows it."""
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            unconnected = TCP_LISTEN if table.startswith("tcp") else "07"
            if fields[3] == unconnected:
                address, port = fields[1].rsplit(":", 1)
                found.add((table[:3], readable(address), int(port, 16)))
    return found


def not_accepted(port):
    """How many TCP connections wait for accept(2) there: rx_queue of a listener, tcp(7)."""
    waiting = 0
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == TCP_LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                waiting += int(fields[4].partition(":")[2], 16)
    return waiting


def readable(text):
    """An address of /proc/net: words of 32 bits in host order."""
    raw = b"".join(bytes.fromhex(text[at:at + 8])[::-1] for at in range(0, len(text), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def connections(pid):
    """TCP sockets that `pid` holds and that are not listening: what it has not let go of."""
    table = tcp_sockets()
    held = []
    for number, target in descriptors(pid).items():
        inode = target[8:-1] if target.startswith("socket:[") else ""
        if inode in table and table[inode][1] != TCP_LISTEN:
            held.append((number, *table[inode]))
    return held

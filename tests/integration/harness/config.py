# SPDX-License-Identifier: BSD-2-Clause
#
# Makes configurations in xinetd syntax out of attributes.

import time

# flags first: in xinetd NAMEINARGS counts for what follows.
COMMON = {"flags": None, "type": "UNLISTED", "socket_type": "stream", "wait": "no", "port": 4000,
          "user": "root", "server": "/bin/echo", "server_args": "hello"}
LOGGED = {"log_type": "FILE @DIR@/records", "log_on_success": "PID HOST EXIT DURATION",
          "log_on_failure": "HOST"}


def block(header, attributes):
    """`attributes` maps names to values; a list makes one line for each, None leaves it out. An
    operator may follow the name: {"only_from +": "192.0.2.1"}."""
    lines = []
    for name, value in attributes.items():
        word, _, operator = name.partition(" ")
        for single in value if isinstance(value, list) else [value]:
            if single is not None:
                lines.append(f"    {word} {operator}= {single}".rstrip())
    return "\n".join([header, "{", *lines, "}", ""])


def defaults(**attributes):
    """A `defaults` entry that logs everything into the daemon's records file."""
    return block("defaults", LOGGED | attributes)


def service(name="a", **attributes):
    """A stream service on port 4000 that says hello, unless told otherwise."""
    return block(f"service {name}", COMMON | attributes)


def internal(name, socket_type="stream", **attributes):
    """An internal service on a port of its own."""
    basic = {"type": "INTERNAL UNLISTED", "id": f"{name}-{socket_type}",
             "socket_type": socket_type, "protocol": "tcp" if socket_type == "stream" else "udp",
             "wait": "no" if socket_type == "stream" else "yes"}
    return block(f"service {name}", basic | attributes)


def another_time():
    """An interval that does not hold now, in UTC."""
    return "13:00-23:59" if time.gmtime().tm_hour < 12 else "0:00-10:59"

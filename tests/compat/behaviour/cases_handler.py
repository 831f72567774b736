# SPDX-License-Identifier: BSD-2-Clause
#
# What a handler finds: everything that the probe reports is compared in each case.

import os

from config import defaults, service
from model import case
from scripts import each, look, quiet, talk

BASE = defaults()
PROBE = {"server": "/tmp/probe/in.probed", "server_args": None}


def seen(name, covers, text=BASE, script=None, differs=(), options=(), user=0, **attributes):
    """What the handler of a service with these attributes finds."""
    return case(name, covers, text + service(**(PROBE | attributes)), script or look(),
                differs=dict(differs), options=options, user=user)


def make(path, text):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o755)


def remove(path):
    os.unlink(path)


CASES = [
    seen("a handler without any wish", "server; user"),
    case("variables that usherd adds to the environment", "env; server", BASE + service(**PROBE),
         lambda run: sorted(entry.split("=")[0] for entry in run.environment(4000)),
         differs={"seen": "note"}),
    seen("over IPv6", "server", script=look(host="::1")),
    seen("argv[0] is the last part of server", "server; server_args", server_args="one two"),
    seen("quotes, hash signs and dollars are arguments", "server_args",
         server_args='# "a b" \\ $PATH'),
    seen("with NAMEINARGS the first word is argv[0]", "flag NAMEINARGS; server_args",
         flags="NAMEINARGS", server_args="-another x"),
    case("another user", "user", BASE + service(**(PROBE | {"user": "nobody"})), look()),
    *(case(f"user and group: {attributes}", "user; group; groups",
           BASE + service(**(PROBE | attributes)), look()) for attributes in (
        {"user": "nobody", "group": "daemon"},
        {"user": "nobody", "group": "daemon", "groups": "yes"},
        {"user": "root", "groups": "yes"}, {"user": "12345"}, {"user": "12345", "group": "99"},
        {"user": "alice", "groups": "yes"}, {"user": "alice", "groups": "no"})),
    case("groups of a number without an account", "user; groups",
         BASE + service(**(PROBE | {"user": "12345", "groups": "yes"})), quiet()),
    case("groups = yes in defaults", "groups",
         defaults(groups="yes") + service(**(PROBE | {"user": "alice"})), look()),
    case("a daemon that is not root and another user", "user",
         BASE + service(**(PROBE | {"user": "nobody"})), quiet(), user=4005,
         differs={"seen": "note", "records": "note"}),
    case("a daemon that is not root and its own user", "user; group",
         BASE + service(**(PROBE | {"user": "bob", "group": "alice"})), look(), user=4005),
    seen("umask", "umask", umask="027"),
    case("umask of defaults", "umask", defaults(umask="002") + service(**PROBE), look()),
    seen("nice", "nice", nice="7"),
    seen("a negative nice", "nice", nice="-3"),
    case("a negative nice of another user", "nice; user",
         BASE + service(**(PROBE | {"user": "nobody"}), nice="-3"), look()),
    seen("rlimit_as", "rlimit_as", rlimit_as="512M"),
    seen("rlimit_cpu", "rlimit_cpu", rlimit_cpu="20"),
    seen("rlimit_data", "rlimit_data", rlimit_data="256M"),
    seen("rlimit_files", "rlimit_files", rlimit_files="100"),
    seen("rlimit_rss", "rlimit_rss", rlimit_rss="65536K"),
    seen("rlimit_stack", "rlimit_stack", rlimit_stack="1048576"),
    seen("limits without limit", "rlimit_as; rlimit_cpu; rlimit_data; rlimit_files; rlimit_rss; "
         "rlimit_stack", rlimit_as="UNLIMITED", rlimit_cpu="UNLIMITED", rlimit_data="UNLIMITED",
         rlimit_files="UNLIMITED", rlimit_rss="UNLIMITED", rlimit_stack="UNLIMITED"),
    seen("a limit of zero is none", "rlimit_data; rlimit_cpu", rlimit_data="0", rlimit_cpu="0"),
    seen("a limit of -1 is the largest", "rlimit_stack", rlimit_stack="-1"),
    seen("env adds", "env", env="A=1 B=2"),
    seen("env overrides and is not expanded", "env", env="A=$PATH A=2 =x TZ=here"),
    seen("env cannot set REMOTE_HOST", "env", env="REMOTE_HOST=fake LAST=x"),
    seen("env is replaced and extended", "env; syntax operators",
         **{"env": ["A=1", "B=2"], "env +": "C=3"}),
    seen("passenv leaves the named variables", "passenv", passenv="TZ LANG"),
    seen("an empty passenv leaves none", "passenv", passenv=""),
    seen("passenv names a variable that is not set", "passenv", passenv="NOSUCHVARIABLE LANG"),
    seen("passenv and env", "passenv; env", passenv="TZ", env="A=1 TZ=there"),
    case("passenv of defaults", "passenv", defaults(passenv="PATH TZ") + service(**PROBE), look()),
    case("passenv of defaults, extended and reduced", "passenv; syntax operators",
         defaults(passenv="PATH TZ") + service(**PROBE, **{"passenv +": "LANG"})
         + service("b", **PROBE, port=4001, **{"passenv -": "TZ"}),
         each(look(), look(4001))),
    case("all that a service can wish at once", "umask; nice; group; env; rlimit_files",
         BASE + service(**(PROBE | {"user": "alice", "server_args": "x"}), group="readers",
                        groups="yes", umask="077", nice=3, env="A=1", rlimit_files="64"), look()),
    case("a server that is a directory", "server; record EXIT",
         BASE + service(server="/tmp"), quiet()),
    case("a server in no format that can run", "server",
         BASE + service(server="/tmp/home/text"), quiet(),
         prepare=lambda run: make("/tmp/home/text", "just text\n")),
    case("a server that vanished after the start", "server",
         BASE + service(server="/tmp/home/vanishing"),
         lambda run: (remove("/tmp/home/vanishing"), run.talk(4000, half_close=False))[1],
         prepare=lambda run: make("/tmp/home/vanishing", "#!/bin/sh\n")),
    case("a script as server", "server; server_args",
         BASE + service(server="/tmp/home/script", server_args="one two"), talk(),
         prepare=lambda run: make("/tmp/home/script", "#!/bin/sh\necho \"$#\" \"$2\" \"$0\"\n")),
    case("the standard error of a handler is the connection", "server; server_args",
         BASE + service(server="/bin/ls", server_args="/no/such/file"), talk()),
    case("two services with the same program", "id; server",
         BASE + service(id="first", **PROBE)
         + service("b", **(PROBE | {"port": 4001, "user": "nobody", "server_args": "x"})),
         each(look(), look(4001))),
]

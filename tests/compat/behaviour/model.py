# SPDX-License-Identifier: BSD-2-Clause
#
# What a behaviour case is, and everything that needs one. No case runs here: this module knows no
# sandbox.

import dataclasses
import typing

# Items that every table must cover: at least one case for each.
ITEMS = {
    "attribute": """id type flags disable socket_type protocol wait user group groups instances
        per_source cps max_load nice server server_args only_from no_access access_times log_type
        log_on_success log_on_failure rpc_version rpc_number env passenv port redirect bind
        interface banner banner_success banner_fail umask enabled disabled rlimit_as rlimit_cpu
        rlimit_data rlimit_files rlimit_rss rlimit_stack deny_time v6only libwrap mdns""",
    "flag": """REUSE INTERCEPT NORETRY IDONLY NAMEINARGS NODELAY KEEPALIVE NOLIBWRAP SENSOR IPv4
        IPv6 LABELED""",
    "type": "RPC INTERNAL UNLISTED SPECIAL TCPMUX TCPMUXPLUS",
    "internal": """echo/tcp echo/udp discard/tcp discard/udp chargen/tcp chargen/udp daytime/tcp
        daytime/udp time/tcp time/udp tcpmux/tcp servers services xadmin""",
    "reason": """address time fork service_limit per_source_limit process_limit libwrap load
        connections_per_second""",
    "signal": """HUP USR2 USR1 TERM QUIT ABRT CHLD INT ALRM IO PIPE CONT TSTP TTIN TTOU VTALRM
        PROF WINCH URG XCPU XFSZ RTMIN""",
    "option": """-d -f -filelog -syslog -pidfile -dontfork -stayalive -limit -logprocs -cc
        -inetd_compat -inetd_ipv6 -version -reuse -shutdownprocs unknown""",
    "record": "START EXIT FAIL USERID NOID TRAFFIC",
    "syntax": "include includedir comment defaults operators errors",
    "reload": "kept changed dropped added failed",
    "dump": "service defaults",
}
ITEMS = {kind: tuple(names.split()) for kind, names in ITEMS.items()}

# What is compared of a case.
ASPECTS = {
    "seen": "what the clients and the handler see",
    "records": "the service log",
    "messages": "the daemon's log",
    "exit": "the daemon's exit status",
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One configuration, what clients do, and what may differ."""
    name: str                       # a sentence
    covers: tuple                   # ("attribute nice", "flag REUSE"), see ITEMS
    configuration: str              # of the main file; @DIR@ is the daemon's directory
    script: typing.Callable         # script(run) -> what is seen; see scripts.py
    options: tuple = ()             # of the command line
    files: tuple = ()               # (name, text) written before the start
    prepare: typing.Callable = None  # called before the start, with the run
    differs: tuple = ()             # (aspect, row of usherd.conf(5), COMPATIBILITY)
    unordered: bool = False         # records may come in any order
    repeated: bool = False          # records may come in any number, too
    start: typing.Any = True        # False: the script starts the daemon itself
    user: int = 0                   # who the daemon runs as
    tidy: bool = True               # False: handlers outlive the daemon on purpose


def case(name, covers, configuration, script, **more):
    """As Case, with short forms: covers="nice; flag REUSE" (a word alone is an attribute) and
    differs={"records": "D10"}."""
    items = []
    for word in covers.split(";"):
        kind, _, item = word.strip().rpartition(" ")
        kind = kind or "attribute"
        if item not in ITEMS[kind]:
            raise ValueError(f"{name}: no such item: {kind} {item}")
        items.append(f"{kind} {item}")
    differs = more.pop("differs", {})
    if not set(differs) <= set(ASPECTS):
        raise ValueError(f"{name}: {differs}")
    return Case(name, tuple(items), configuration, script,
                differs=tuple(sorted(differs.items())), **more)

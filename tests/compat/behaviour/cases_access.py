# SPDX-License-Identifier: BSD-2-Clause
#
# Who may come in: address lists, times, load, counts, rates, sensors; each reason of a refusal.

from config import another_time, defaults, internal, service
from model import case
from scripts import ask, burst, by, each, hold, pause, quiet, talk

CAT = {"server": "/bin/cat", "server_args": None}
QUIET = defaults(log_on_success="")
BASE = defaults()
SOURCES = ("127.0.0.1", "127.0.0.5", "127.0.0.6", "127.0.0.128", "127.0.3.9", "127.0.5.1",
           "192.0.2.1", "::1", "2001:db8::1")


def allows(word):
    """Which of the SOURCES a list admits. No START and EXIT is logged, so that D10 does not show."""
    return case(f"only_from = {word}", "only_from; reason address",
                QUIET + service(**CAT, cps="0 0", only_from=word), by(*SOURCES), unordered=True)


def denies(word):
    return case(f"no_access = {word}", "no_access; reason address",
                QUIET + service(**CAT, cps="0 0", no_access=word), by(*SOURCES), unordered=True)


LISTS = [allows(word) for word in (
    "127.0.0.5", "127.0.0.0", "127.0.0.5/24", "127.0.0.128/25", "127.0.{3,5}", "127.0.0.{5,6}",
    "0.0.0.0", "0.0.0.0/0", "::/0", "::1", "2001:db8::/32", "::ffff:127.0.0.5",
    "::ffff:127.0.0.0/104", "127/8", "127.1", "0x7f.1", "",
    "nosuch.invalid 127.0.0.5")]
LISTS += [denies(word) for word in (
    "127.0.0.5", "127.0.0.0", "0.0.0.0", "::/0", "::1 127.0.3.0", "")]
LISTS += [
    case("only_from = ::", "only_from", QUIET + service(**CAT, only_from="::"), by(*SOURCES),
         unordered=True),
    case("only_from with a netmask", "only_from",
         QUIET + service(**CAT, only_from="127.0.0.0/255.0.0.0"), by(*SOURCES), unordered=True),
    case("only_from = ::1/128", "only_from", QUIET + service(
        **CAT, only_from="::1/128"), by(*SOURCES), unordered=True,
        differs={"seen": "D14", "records": "D14"}),
    case("no_access with a word that nobody understands", "no_access",
         QUIET + service(**CAT, no_access="256.1.1.1"), by("127.0.0.1"),
         differs={"seen": "S4"}),
    case("a host name in only_from, IPv4 socket", "only_from", QUIET + service(
        **CAT, only_from="five.example.test", bind="0.0.0.0"), by("127.0.0.5", "127.0.0.6")),
    case("a domain in only_from, IPv4 socket", "only_from", QUIET + service(
        **CAT, only_from=".example.test", bind="0.0.0.0"),
        by("127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.9")),
    case("a host name of the hosts file and a mapped client", "only_from", QUIET + service(
        **CAT, only_from="five.example.test"), by("127.0.0.5", "127.0.0.6"), unordered=True,
        differs={"seen": "D16", "records": "D16"}),
    case("both lists match", "only_from; no_access; reason address",
         BASE + service(only_from="127.0.0.0/8", no_access="127.0.0.5"),
         by("127.0.0.5"), differs={"records": "D10"}),
    case("no_access beats only_from, whichever is more precise", "only_from; no_access",
         QUIET + service(**CAT, only_from="127.0.0.5", no_access="127.0.0.0")
         + service("b", **CAT, port=4001, only_from="127.0.0.0", no_access="127.0.0.5"),
         each(by(*SOURCES), by(*SOURCES, port=4001)), unordered=True),
    case("operators act on the lists of defaults", "only_from; no_access; syntax operators",
         defaults(only_from="127.0.0.5 127.0.3.0", no_access="127.0.0.6", log_on_success="")
         + service(**CAT, **{"only_from +": "127.0.0.1"})
         + service("b", **CAT, port=4001, **{"only_from -": "127.0.0.5"})
         + service("c", **CAT, port=4002, **{"no_access -": "127.0.0.6", "only_from +": "127.0.0.6"})
         + service("d", **CAT, port=4003, only_from="127.0.5.1"),
         each(*(by(*SOURCES, port=port) for port in range(4000, 4004))), unordered=True),
]


REASONS = [
    case("an address that is refused", "reason address; record FAIL; log_on_failure",
         BASE + service(no_access="127.0.0.1"), quiet(), differs={"records": "D10"}),
    case("a time that is not allowed", "reason time; access_times",
         BASE + service(access_times=another_time()), quiet()),
    case("times that hold", "access_times",
         BASE + service(access_times="0:00-11:59 12:00-23:59"), talk()),
    case("a second line of times is passed over", "access_times",
         BASE + service(access_times=["0:00-23:59", another_time()]), talk()),
    case("too many instances", "reason service_limit; instances",
         BASE + service(**CAT, instances=2), hold(2)),
    case("instances of defaults", "reason service_limit; instances",
         defaults(instances=1) + service(**CAT), hold(1)),
    case("no instance at all", "reason service_limit; instances", BASE + service(instances=0),
         quiet()),
    case("instances without limit", "instances",
         defaults(instances=1) + service(**CAT, instances="UNLIMITED"), hold(3, talk(b"y"))),
    case("too many from one address", "reason per_source_limit; per_source",
         BASE + service(**CAT, per_source=1),
         hold(1, each(quiet(source="127.0.0.2"), talk(b"y", source="127.0.0.3")),
              sources=["127.0.0.2"])),
    case("per_source of zero", "reason per_source_limit; per_source", BASE + service(per_source=0),
         quiet()),
    case("too many handlers of all services", "reason process_limit; option -limit",
         BASE + service(**CAT) + service("b", **CAT, port=4001), hold(1, quiet(port=4001)),
         options=("-limit", "1")),
    case("a -limit of zero is none", "option -limit", BASE + service(**CAT), hold(2, talk(b"y")),
         options=("-limit", "0")),
    case("too high a load", "reason load; max_load", BASE + service(max_load="-1"), quiet()),
    case("max_load of defaults", "reason load; max_load", defaults(max_load="-1") + service(),
         quiet()),
    case("a load that is not reached", "max_load", BASE + service(max_load="9999.5"), talk()),
    case("the order of checks", "reason load; reason time; reason service_limit; "
         "reason per_source_limit",
         defaults(log_on_success="") + "".join(
             service(f"s{number}", port=4000 + number, **wrong) for number, wrong in enumerate((
                 {"max_load": "-1", "access_times": another_time()},
                 {"access_times": another_time(), "instances": 0},
                 {"instances": 0, "per_source": 0},
                 {"per_source": 0, "no_access": "0.0.0.0"}))),
         each(*(quiet(port=4000 + number) for number in range(4)))),
    case("log_on_failure decides what the line has", "log_on_failure; record FAIL",
         BASE + "".join(service(f"s{number}", port=4000 + number, instances=0, log_on_failure=flag)
                        for number, flag in enumerate(("HOST", "ATTEMPT", "", "HOST ATTEMPT"))),
         each(*(quiet(port=4000 + number) for number in range(4)))),
    case("no process to be had, with NORETRY", "reason fork; flag NORETRY",
         BASE + service(flags="NORETRY", user="bob", **CAT),
         lambda run: run.without_processes(lambda: run.talk(4000, half_close=False)), user=4005),
]


def refusals(run):
    """The replies of a burst, how the next client is met, and service after the pause."""
    seen = burst(4)(run), run.client.exchange(4000).ending
    run.daemon.wait_for_message("Activating service a")
    return seen, run.talk(4000).data


CPS = [
    case("a rate that is passed, and the pause", "cps; reason connections_per_second",
         BASE + service(**CAT, cps="3 2"), refusals, unordered=True),
    case("the default rate is fifty", "cps", QUIET + service(**CAT),
         each(lambda run: len([1 for reply in burst(51)(run) if reply.ending == "eof"]),
              pause("Restarting in 10 seconds"))),
    case("a rate of zero never trips", "cps", QUIET + service(**CAT, cps="0 3"),
         lambda run: burst(60)(run)[-1]),
    case("cps of defaults", "cps", defaults(cps="3 30", log_on_success="") + service(**CAT),
         each(burst(4), pause("Restarting in 30 seconds"))),
    case("datagrams of an internal service count", "cps; internal echo/udp",
         BASE + internal("echo", "dgram", port=4000, cps="2 30"),
         each(lambda run: run.early_in_a_second(), ask(), ask(), ask(seconds=0.2),
              pause("Deactivating service echo"))),
    case("the message names the service, the record its id", "cps; id",
         defaults(log_on_success="") + service(id="other", cps="3 30"), burst(4)),
]


def trap(**attributes):
    return service("trap", **({"flags": "IPv4 SENSOR", "port": 4001} | attributes))


OPEN = service(flags="IPv4", log_on_success="")


def touched(run):
    """Who touches the sensor, and who is served afterwards."""
    first = run.talk(4001, half_close=False, source="127.0.0.5")
    run.daemon.wait_for_record("FAIL: trap")
    return first, [run.talk(4000, half_close=False, source=source).data
                   for source in ("127.0.0.5", "127.0.0.6")]


SENSOR = [
    case("a sensor with deny_time = FOREVER", "flag SENSOR; deny_time; reason address",
         BASE + OPEN + trap(deny_time="FOREVER"), touched),
    case("a sensor with minutes", "flag SENSOR; deny_time", BASE + OPEN + trap(deny_time="7"),
         touched),
    case("a sensor with deny_time = NEVER", "flag SENSOR; deny_time",
         BASE + OPEN + trap(deny_time="NEVER"), touched),
    case("a sensor without deny_time", "flag SENSOR; deny_time", BASE + OPEN + trap(), touched),
    case("a sensor on a datagram socket", "flag SENSOR; deny_time", BASE + OPEN
         + trap(socket_type="dgram", protocol="udp", wait="yes", deny_time="FOREVER"),
         each(ask(port=4001, source="127.0.0.5", seconds=0.2), pause("Adding 127.0.0.5"),
              by("127.0.0.5"))),
    case("a sensor touched from an address that ends in 0", "flag SENSOR; deny_time",
         BASE + OPEN + trap(deny_time="FOREVER"),
         each(quiet(port=4001, source="127.0.1.0"), pause("Adding 127.0.1.0"),
              quiet(source="127.0.1.0"), quiet(source="127.0.1.1")),
         differs={"seen": "S8", "records": "S8"}),
]

CASES = LISTS + REASONS + CPS + SENSOR

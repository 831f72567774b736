# SPDX-License-Identifier: BSD-2-Clause
#
# What files say: their syntax, defaults, and values that are not accepted. Which services listen, what
# is said of which line, and what the first client gets.

from config import block, defaults, internal, service
from model import case
from scripts import each, listening, quiet, talk

BASE = defaults()


def crash(run):
    """Whether the daemon starts, or ends by a signal or with a status."""
    run.daemon.start(ready=False)
    run.wait_until(lambda: run.daemon.exited() or any(
        "Started working" in text for text in run.daemon.message_texts()), "a start or an end")
    return not run.daemon.exited()


B = service("b", port=4001, server_args="other")
BODY = service().split("\n", 2)[2]


def raw(*lines):
    """A service whose body ends with lines as they stand."""
    return service().replace("}\n", "\n".join(lines) + "\n}\n")


def up(name, covers, text, **more):
    """Which sockets listen, and what is said while reading."""
    return case(name, covers, BASE + text, listening, **more)


def bad(attribute, value, **more):
    """A service with a bad value is out of service, the next one is not."""
    return up(f"{attribute} = {value} is a bad value", attribute,
              service(**{attribute: value}) + B, **more)


SYNTAX = [
    up("a comment is a line of its own", "syntax comment",
       "# x\n" + service().replace("{\n", "\n# y\n{\n\t# z }\n") + B),
    case("a hash sign inside a line is data", "server_args; syntax comment",
         BASE + service(server_args="hi # there"), talk()),
    up("text after the closing brace swallows the next service", "syntax comment; syntax errors",
       service().replace("}\n", "} # end\n") + B),
    up("unknown words at the top swallow the next service", "syntax errors",
       "junk\n" + service() + B),
    up("a brace on the line of the header", "syntax errors", f"service a {{\n{BODY}" + B),
    up("a header without a name", "syntax errors", service().replace("service a", "service") + B),
    up("no opening brace", "syntax errors", service().replace("{\n", "", 1) + B),
    up("the file ends inside an entry", "syntax errors", B + service().replace("}\n", "")),
    up("no space before the operator", "syntax operators", raw("nice= 3") + B),
    up("an operator that does not exist", "syntax operators", raw("nice *= 3") + B),
    up("two signs of equality", "syntax operators", raw("nice == 3") + B),
    up("an operator that the attribute does not have", "syntax operators",
       service(**{"nice +": 3}) + B),
    up("no value", "syntax operators", raw("nice =") + B),
    up("too many values", "syntax operators", raw("nice = 3 4") + B),
    up("an unknown attribute", "syntax errors", raw("colour = blue") + B),
    case("an attribute set twice keeps its first value", "server_args; syntax errors",
         BASE + raw("server_args = second"), talk()),
    up("lines that end with CR LF", "syntax errors", (service() + B).replace("\n", "\r\n")),
    *(up(f"{name} with CR at its end", f"{name}; syntax errors",
         service().replace(f"{name} = {value}\n", f"{name} = {value}\r\n") + B)
      for name, value in (("port", "4000"), ("user", "root"), ("wait", "no"))),
    *(up(f"port = {value!r}", "port", service(port=value) + B)
      for value in ("4000x", "4000\v", "04000", "+4000", "0xfa0", "4000.5", "4000,")),
    *(up(f"{name} with a vertical tab at its end", f"{name}; syntax errors",
         service(**{name: f"{value}\v"}) + B)
      for name, value in (("nice", "3"), ("umask", "022"), ("instances", "3"),
                          ("rlimit_as", "100M"))),
    up("key words in upper case", "syntax errors",
       service().replace("service a", "SERVICE a").replace("type", "TYPE")
       .replace("UNLISTED", "unlisted").replace("= no", "= NO") + B),
    up("an attribute with nothing after its name", "syntax errors", raw("nice") + B,
       differs={"seen": "D3", "messages": "D3"}),
    case("an include is read where it stands", "syntax include",
         BASE + "include @DIR@/more.d\n" + B, each(listening, talk()),
         files=(("more.d", service()),)),
    up("an include that is not there", "syntax include", "include /no/such/file\n" + B),
    up("an include of a directory", "syntax include", "include /tmp\n" + B),
    case("a file that includes itself", "syntax include",
         BASE + service() + "include @DIR@/self\n", crash, start=False,
         files=(("self", "include @DIR@/self\n"),)),
    case("includedir takes names without dot and tilde in the order of bytes",
         "syntax includedir", BASE + "includedir @DIR@/d\n", listening,
         files=tuple((f"d/{name}", service(name, id=f"id{number}", port=4100 + number))
                     for number, name in enumerate(("b", "a", "Z", "0", ".hid", "x.conf", "y~",
                                                    "#e#", "aa-bak", "CVS,v")))),
    case("includedir passes over what is no file", "syntax includedir",
         BASE + "includedir @DIR@/d\nincludedir /no/such\n" + B, listening,
         files=(("d/sub/a", service()),)),
]

DEFAULTS = [
    case("a bad value in defaults ends the daemon", "syntax defaults; instances",
         defaults(instances="x") + B, lambda run: (run.daemon.start(ready=False),
                                                   run.daemon.wait_exit())[1:], start=False,
         differs={"seen": "D1", "exit": "D1"}),
    up("an attribute that defaults do not have", "syntax defaults",
       service().replace("service a", "service c") + block("defaults", {"user": "nobody"}) + B),
    case("a second defaults entry is passed over", "syntax defaults",
         BASE + defaults(instances=0) + service(), talk()),
    case("a syntax error in defaults", "syntax defaults; syntax errors",
         BASE.replace("}\n", "nice= 3\n}\n") + service() + B, listening,
         differs={"seen": "D2", "messages": "D2"}),
    case("limits of defaults hold for services before and after", "instances; syntax defaults",
         service() + defaults(instances=0) + B, each(talk(), talk(port=4001))),
    case("lists of defaults hold for a service before them", "only_from; syntax defaults",
         service() + defaults(only_from="192.0.2.9"), talk(),
         differs={"seen": "S2", "records": "S2"}),
    case("a service replaces, extends and reduces what defaults log", "log_on_success",
         defaults(log_on_success="PID HOST") + service(log_on_success="EXIT")
         + service("b", port=4001, **{"log_on_success +": "EXIT"})
         + service("c", port=4002, **{"log_on_success -": "PID"})
         + service("d", port=4003, log_on_success=""),
         each(*(talk(port=port) for port in range(4000, 4004)))),
    up("enabled leaves the listed services", "enabled", block("defaults", {"enabled": "b"})
       + service() + B),
    case("enabled lists one of two", "enabled", defaults(enabled="b c") + service() + B, listening),
    case("an empty enabled leaves none", "enabled", defaults(enabled="") + service() + B,
         listening),
    case("enabled does not undo disable = yes", "enabled; disable",
         defaults(enabled="a b") + service(disable="yes") + B, listening),
    case("disabled removes by id, in any case", "disabled; id",
         defaults(disabled="X") + service(id="x") + B, listening),
    case("disabled wins over enabled", "disabled; enabled",
         defaults(enabled="a b", disabled="a") + service() + B, listening),
    case("disabled -= removes from the list", "disabled; syntax operators",
         block("defaults", {"disabled": "a b", "disabled -": "b"}) + service() + B, listening,
         differs={"seen": "D25"}),
]

VALUES = [
    up("disable = yes hides what follows it", "disable", raw("disable = yes", "nice = x") + B),
    case("disable = no changes nothing", "disable", BASE + service(disable="no"), talk()),
    up("disable = no after a bad value", "disable", raw("nice = x", "disable = no") + B,
       differs={"seen": "S5"}),
    bad("disable", "maybe"), bad("type", "UNLISTED FUNNY"), bad("flags", "REUSE FUNNY"),
    bad("socket_type", "rdm"), bad("protocol", "6"), bad("wait", "maybe"),
    bad("user", "root:root"), bad("user", "nosuchuser"), bad("group", "nosuchgroup"),
    bad("groups", "maybe"), bad("instances", "-1"), bad("per_source", "many"),
    bad("cps", "ten 10"), bad("max_load", "0"), bad("nice", "x"), bad("server", "/no/such/program"),
    bad("only_from", "127.0.0.1,127.0.0.2"), bad("no_access", "127.{0,1}.0"),
    bad("access_times", "22:00-6:00"), bad("access_times", "8:00-9:00,10:00-11:00"),
    bad("log_type", "SYSLOG kern"), bad("log_type", "FILE /tmp/x 400 200"),
    bad("log_on_success", "RECORD"), bad("log_on_failure", "PID"), bad("rpc_version", "4-2"),
    bad("rpc_number", "x"), bad("env", "A"), bad("port", "http"), bad("port", "65536"),
    bad("redirect", "127.0.0.1 0"), bad("redirect", "nosuch.invalid 80"),
    bad("bind", "nosuch.invalid"), bad("interface", "eth0"), bad("umask", "8", differs={"messages": "note"}),  # xinetd breaks this line in two
   
    bad("deny_time", "soon"), bad("v6only", "maybe"), bad("rlimit_as", "1G"),
    bad("rlimit_cpu", "1K"), bad("rlimit_data", "x"), bad("rlimit_files", "x"),
    bad("rlimit_rss", "x"), bad("rlimit_stack", "x"),
    bad("user", "4294967296", differs={"seen": "S6", "messages": "S6"}),
    up("one value for cps is passed over", "cps", service(cps="10") + B),
    up("mdns is an unknown attribute", "mdns", service(mdns="yes") + B),
    up("enabled inside a service is an unknown attribute", "enabled",
       raw("enabled = a") + B),
]

CHECKS = [
    up("a service without wait", "wait", service(wait=None) + B),
    up("a service without user", "user", service(user=None) + B),
    up("a service without server", "server", service(server=None, server_args=None) + B),
    up("an unlisted service without port", "port; type UNLISTED", service(port=None) + B),
    up("a listed service on another port", "port; type UNLISTED",
       service("echo", type=None) + B),
    up("a service that no database lists", "type UNLISTED", service(type=None, port=None) + B),
    case("a listed service takes its port from the database", "port; type UNLISTED",
         BASE + service("finger", type=None, port=None), talk(port=79)),
    up("the types SPECIAL and UNLISTED", "type SPECIAL", service(type="SPECIAL UNLISTED") + B),
    up("traffic without redirect", "log_on_success", service(log_on_success="TRAFFIC") + B),
    up("a socket type and a protocol that do not fit", "socket_type; protocol",
       service(protocol="udp") + B, differs={"messages": "note"}),
    up("the protocol alone tells the socket type", "socket_type; protocol",
       service(socket_type=None, protocol="tcp") + B),
    up("the socket type alone tells the protocol", "socket_type; protocol",
       service(protocol=None, socket_type="dgram", wait="yes") + B),
    up("a program on a datagram socket that does not wait", "wait; socket_type",
       service(socket_type="dgram") + B, differs={"seen": "D24", "messages": "D24"}),
    up("an internal service that does not exist", "type INTERNAL",
       service("finger", type="INTERNAL UNLISTED") + B),
    *(up(f"the internal service {name} of long ago", f"internal {name}; type INTERNAL",
         internal(name, port=4000, user="root") + B)
      for name in ("servers", "services", "xadmin")),
    up("NAMEINARGS without arguments", "flag NAMEINARGS; server_args",
       service(flags="NAMEINARGS", server_args=None) + B),
    up("NAMEINARGS for an internal service", "flag NAMEINARGS; type INTERNAL",
       internal("echo", port=4000, flags="NAMEINARGS", server_args="x") + B),
    up("a redirect that waits", "redirect; wait",
       service(server=None, server_args=None, redirect="127.0.0.1 80", wait="yes") + B),
    up("INTERCEPT for a service that does not wait", "flag INTERCEPT",
       service(flags="INTERCEPT") + B),
    up("LABELED for an internal service", "flag LABELED; type INTERNAL",
       internal("echo", port=4000, flags="LABELED") + B),
    up("an id given twice", "id", service(id="x") + service("b", id="x", port=4001)),
    up("a tcpmux service with a port of its own name", "type TCPMUX",
       service(type="TCPMUX") + B),
    up("a tcpmux service over udp", "type TCPMUXPLUS",
       service(type="TCPMUXPLUS UNLISTED", socket_type="dgram", protocol="udp", port=None) + B),
    case("a duplicate on one address", "bind; port",
         BASE + service(bind="127.0.0.1") + service("b", bind="127.0.0.1"),
         each(listening, quiet())),
    up("an address first and the wildcard second", "bind; port",
       service(bind="127.0.0.1") + service("b", server_args="other")),
]

CASES = SYNTAX + DEFAULTS + VALUES + CHECKS

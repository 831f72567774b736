// SPDX-License-Identifier: BSD-2-Clause
//
// Rules across attributes: each combination that drops a service, and what the operator reads.

#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;

namespace {

using Lines = std::vector<std::string_view>;

/// A service that runs, but for what is in `lines`. Its first line is 2.
DraftBench make(const Lines& lines)
{
    DraftBench bench;
    for (const std::string_view line : lines) {
        INFO(line);
        REQUIRE(bench.set(line));
    }
    return bench;
}

/// What is told of a service that is dropped.
std::string why_dropped(const Lines& lines, const char* name = "svc")
{
    DraftBench bench = make(lines);
    bench.draft.spec.name = name;
    CHECK_FALSE(bench.finish());
    return bench.told();
}

/// What is told of a service that is not.
std::string remarks(const Lines& lines, const char* name = "svc")
{
    DraftBench bench = make(lines);
    bench.draft.spec.name = name;
    CHECK(bench.finish());
    return bench.told();
}

} // namespace

TEST_CASE("a complete service draws no remark")
{
    CHECK(remarks({"type = UNLISTED", "port = 8000", "socket_type = stream", "wait = no",
                   "user = nobody", "server = /bin/cat"})
              .empty());
    CHECK(remarks({"socket_type = stream", "wait = no", "user = root", "server = /bin/cat"}, "ftp")
              .empty());
    CHECK(remarks({"type = INTERNAL", "socket_type = dgram", "wait = yes"}, "echo").empty());
}

TEST_CASE("each required attribute that is missing has its message")
{
    CHECK(why_dropped({"type = UNLISTED", "port = 8000", "server = /bin/cat"}) ==
          "1:1 error service: service 'svc': the attribute 'wait' is missing|"
          "1:1 error service: service 'svc': the attribute 'socket_type' is missing|"
          "1:1 error service: service 'svc': the attribute 'protocol' is missing|"
          "1:1 error service: service 'svc': the attribute 'user' is missing");
    CHECK(why_dropped({"type = UNLISTED", "port = 61", "server = /bin/cat", "socket_type = raw",
                       "wait = yes", "user = root"}) ==
          "1:1 error service: service 'svc': the attribute 'protocol' is missing");
    CHECK(why_dropped({"type = INTERNAL", "socket_type = stream"}, "echo") ==
          "1:1 error service: service 'echo': the attribute 'wait' is missing");
}

TEST_CASE("an RPC service needs versions, and a number if it is UNLISTED")
{
    CHECK(why_dropped({"type = RPC UNLISTED", "socket_type = dgram", "wait = yes", "user = root",
                       "server = /bin/cat"}) ==
          "1:1 error service: service 'svc': the attribute 'rpc_version' is missing|"
          "1:1 error service: service 'svc': the attribute 'rpc_number' is missing");
    CHECK(why_dropped({"type = RPC", "socket_type = dgram", "wait = yes", "user = root",
                       "server = /bin/cat", "rpc_version = 1"}) ==
          "2:1 error service: service 'svc': 'svc' is not in the rpc database; give rpc_number "
          "and 'type = RPC UNLISTED'");
}

TEST_CASE("tcp_wrappers are not asked about an RPC service over TCP")
{
    const auto is_flagged = [](std::string_view type, std::string_view wait) {
        DraftBench bench = make({"type = RPC UNLISTED", type, wait, "user = root",
                                 "server = /bin/cat", "rpc_version = 1", "rpc_number = 7"});
        const auto spec = bench.finish();
        return spec && spec->flags.has(ServiceFlag::nolibwrap);
    };
    CHECK(is_flagged("socket_type = stream", "wait = no"));
    CHECK_FALSE(is_flagged("socket_type = dgram", "wait = yes"));
}

TEST_CASE("a service needs a server, unless it is internal or redirected")
{
    const Lines common{"type = UNLISTED", "port = 8000", "socket_type = stream", "wait = no",
                       "user = root"};
    CHECK(why_dropped(common) == "1:1 error service: service 'svc': there is no server to start");
    Lines redirected = common;
    redirected.push_back("redirect = 127.0.0.1 80");
    CHECK(remarks(redirected).empty());
    Lines sensor = common;
    sensor.push_back("flags = SENSOR");
    CHECK(why_dropped(sensor) == "1:1 error service: service 'svc': there is no server to start");
}

TEST_CASE("a sensor is an internal service and needs no user")
{
    DraftBench bench = make({"type = UNLISTED INTERNAL", "port = 8000", "socket_type = stream",
                             "wait = no", "flags = SENSOR"});
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->is_internal());
}

TEST_CASE("a sensor listens where connections or datagrams come in")
{
    for (const char* type : {"raw", "seqpacket"}) {
        INFO(type);
        const std::string line = std::string("socket_type = ") + type;
        CHECK(why_dropped({"type = UNLISTED", "port = 8000", line, "protocol = tcp", "wait = no",
                           "server = /bin/cat", "user = root", "flags = SENSOR"}) ==
              "4:1 error service: service 'svc': a sensor's socket_type is stream or dgram");
    }
}

TEST_CASE("ports come from the services database or from the file")
{
    const Lines common{"socket_type = stream", "wait = no", "user = root", "server = /bin/cat"};
    CHECK(why_dropped(common) ==
          "1:1 error service: service 'svc': no port is given, and 'svc' is not in the services "
          "database for tcp; give a port and 'type = UNLISTED'");
    Lines other_port = common;
    other_port.push_back("port = 2222");
    CHECK(why_dropped(other_port, "ssh") ==
          "6:1 error service: service 'ssh': port 2222 is given, but the services database has "
          "22; for another port say 'type = UNLISTED'");
    CHECK(why_dropped(other_port) ==
          "6:1 error service: service 'svc': 'svc' is not in the services database for tcp; say "
          "'type = UNLISTED'");
    Lines unlisted = common;
    unlisted.push_back("type = UNLISTED");
    CHECK(why_dropped(unlisted) ==
          "1:1 error service: service 'svc': an UNLISTED service needs a port");
    CHECK(why_dropped({"server = /bin/cat", "wait = no", "user = root"}) ==
          "1:1 error service: service 'svc': without socket_type, protocol and port there is "
          "nothing to look the port up by");
}

TEST_CASE("stream belongs to tcp and dgram to udp")
{
    CHECK(why_dropped({"socket_type = dgram", "protocol = tcp", "wait = yes", "user = root",
                       "server = /bin/cat"},
                      "ssh") == "3:1 error service: service 'ssh': protocol tcp does not go with "
                                "socket_type dgram");
    CHECK(why_dropped({"socket_type = stream", "protocol = udp", "wait = yes", "user = root",
                       "server = /bin/cat"},
                      "tftp") == "3:1 error service: service 'tftp': protocol udp does not go "
                                 "with socket_type stream");
}

TEST_CASE("NAMEINARGS needs arguments to take the name from")
{
    CHECK(why_dropped({"flags = NAMEINARGS", "socket_type = stream", "wait = no", "user = root",
                       "server = /bin/cat"},
                      "ftp") == "2:1 error service: service 'ftp': the flag NAMEINARGS needs "
                                "server_args, whose first word it takes");
    CHECK(why_dropped({"type = INTERNAL", "flags = NAMEINARGS", "socket_type = stream", "wait = no",
                       "server_args = a"},
                      "echo") == "3:1 error service: service 'echo': an internal service has no "
                                 "arguments: NAMEINARGS");
}

TEST_CASE("INTERCEPT is taken out of services that cannot be intercepted")
{
    DraftBench bench = make({"flags = INTERCEPT NODELAY", "socket_type = stream", "wait = no",
                             "user = root", "server = /bin/cat"});
    bench.draft.spec.name = "ftp";
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->flags == EnumSet{ServiceFlag::nodelay});
    CHECK(bench.told() == "2:1 error word: service 'ftp': the flag INTERCEPT is ignored: only "
                          "services with wait = yes can be intercepted");
    CHECK(remarks({"type = INTERNAL", "flags = INTERCEPT", "socket_type = dgram", "wait = yes"},
                  "echo") == "3:1 error word: service 'echo': the flag INTERCEPT is ignored: an "
                             "internal service cannot be intercepted");
}

// D20: in xinetd the server gets a closed descriptor and exits.
TEST_CASE("INTERCEPT stays with services that could be intercepted, and has no effect")
{
    CHECK(
        remarks({"type = UNLISTED", "port = 8000", "flags = INTERCEPT", "user = root",
                 "server = /bin/cat", "socket_type = dgram", "wait = yes"}) ==
        "4:1 warning none: service 'svc': the flag INTERCEPT has no effect: the server sees to its "
        "clients itself");
}

TEST_CASE("internal services are those that exist, by name and socket type")
{
    const auto verdict = [](const char* name, std::string_view type, std::string_view wait) {
        DraftBench bench = make({"type = INTERNAL UNLISTED", "port = 9000", type, wait});
        bench.draft.spec.name = name;
        return bench.finish().has_value();
    };
    for (const char* const name : {"echo", "discard", "chargen", "daytime", "time"}) {
        INFO(name);
        CHECK(verdict(name, "socket_type = stream", "wait = no"));
        CHECK(verdict(name, "socket_type = stream", "wait = yes"));
        CHECK(verdict(name, "socket_type = dgram", "wait = yes"));
        CHECK(verdict(name, "socket_type = dgram", "wait = no")); // D22
    }
    CHECK(verdict("tcpmux", "socket_type = stream", "wait = no"));
    CHECK_FALSE(verdict("tcpmux", "socket_type = dgram", "wait = yes"));
    CHECK_FALSE(verdict("servers", "socket_type = stream", "wait = no"));
    CHECK_FALSE(verdict("ECHO", "socket_type = stream", "wait = no"));
}

TEST_CASE("services that left xinetd with 2.3.12 are refused, and what answers instead is named")
{
    const auto refusal = [](const char* name) {
        DraftBench bench =
            make({"type = INTERNAL UNLISTED", "port = 9000", "socket_type = stream", "wait = no"});
        bench.draft.spec.name = name;
        CHECK_FALSE(bench.finish());
        return bench.diagnostics.all().front().suggestion;
    };
    CHECK(refusal("servers").find("'usherctl connections'") != std::string::npos);
    CHECK(refusal("services").find("'usherctl services'") != std::string::npos);
    CHECK(refusal("xadmin").find("'usherctl status'") != std::string::npos);
    CHECK(refusal("other").find("internal are echo") != std::string::npos);
}

TEST_CASE("LABELED goes with external stream services that do not wait")
{
    const Lines common{"type = UNLISTED", "port = 8000", "flags = LABELED", "user = root",
                       "server = /bin/cat"};
    const auto with = [&common](Lines lines) {
        lines.insert(lines.begin(), common.begin(), common.end());
        return lines;
    };
    CHECK(remarks(with({"socket_type = stream", "wait = no"})) ==
          "4:1 warning none: service 'svc': the flag LABELED means nothing without SELinux");
    CHECK(why_dropped(with({"socket_type = stream", "wait = yes"})) ==
          "4:1 error service: service 'svc': the flag LABELED does not go with wait = yes");
    CHECK(why_dropped(with({"socket_type = dgram", "wait = yes"})) ==
          "4:1 error service: service 'svc': the flag LABELED does not go with a socket_type that "
          "is not stream");
    CHECK(why_dropped(with({"socket_type = stream", "wait = no", "redirect = 127.0.0.1 1"})) ==
          "4:1 error service: service 'svc': the flag LABELED does not go with redirect");
}

TEST_CASE("a TCPMUX service is UNLISTED and uses tcp, and has no socket")
{
    const Lines common{"socket_type = stream", "wait = no", "user = root", "server = /bin/cat"};
    Lines listed = common;
    listed.push_back("type = TCPMUX");
    CHECK(why_dropped(listed, "ftp") ==
          "6:1 error service: service 'ftp': a TCPMUX service must be UNLISTED too");
    CHECK(why_dropped({"type = TCPMUX UNLISTED", "socket_type = dgram", "wait = yes", "user = root",
                       "server = /bin/cat"}) ==
          "3:1 error service: service 'svc': a TCPMUX service must use tcp");
    Lines good = common;
    good.push_back("type = TCPMUXPLUS UNLISTED");
    DraftBench bench = make(good);
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->endpoints.empty());
}

TEST_CASE("redirections are for stream services that do not wait")
{
    const Lines common{"type = UNLISTED", "port = 8000", "user = root", "redirect = 127.0.0.1 80"};
    const auto with = [&common](Lines lines) {
        lines.insert(lines.begin(), common.begin(), common.end());
        return lines;
    };
    CHECK(why_dropped(with({"socket_type = stream", "wait = yes"})) ==
          "5:1 error service: service 'svc': a redirected service must have wait = no");
    CHECK(why_dropped(with({"socket_type = dgram", "wait = yes"})) ==
          "5:1 error service: service 'svc': only stream services can be redirected|"
          "5:1 note service: service 'svc': a redirected service must have wait = no");
    CHECK(why_dropped(with(
              {"socket_type = stream", "wait = no", "flags = NAMEINARGS", "server_args = a"})) ==
          "8:1 error service: service 'svc': a redirected service has no argument to name it by: "
          "NAMEINARGS");
    CHECK(remarks(with({"socket_type = stream", "wait = no", "log_on_success = TRAFFIC"})).empty());
}

TEST_CASE("TRAFFIC drops a service that is not redirected, also if it was inherited")
{
    DraftBench bench =
        make({"socket_type = stream", "wait = no", "user = root", "server = /bin/cat"});
    bench.draft.spec.name = "ftp";
    bench.draft.spec.settings->log_on_success.add(SuccessLog::traffic);
    CHECK_FALSE(bench.finish());
    CHECK(bench.told() ==
          "1:1 error service: service 'ftp': TRAFFIC is counted for a redirect only");
}

// D24: 2.3.15.4 refuses it, the releases before lose the socket after one datagram.
TEST_CASE("a program on a datagram socket must wait")
{
    CHECK(why_dropped({"socket_type = dgram", "wait = no", "user = root", "server = /bin/cat"},
                      "tftp") ==
          "3:1 error service: service 'tftp': a dgram service must have wait = yes");
}

TEST_CASE("the ident service does not ask itself")
{
    DraftBench bench = make({"socket_type = stream", "wait = no", "user = root",
                             "server = /bin/cat", "log_on_success = USERID PID"});
    bench.draft.spec.name = "auth";
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->settings->log_on_success == EnumSet{SuccessLog::pid});
    CHECK(bench.told() == "6:1 warning none: service 'auth': USERID is taken out of "
                          "log_on_success: this is the ident service itself");
}

TEST_CASE("listen takes the place of bind and port, and contradicts them")
{
    const Lines common{"listen = 8000", "socket_type = stream", "wait = no", "user = root",
                       "server = /bin/cat"};
    CHECK(remarks(common).empty());
    Lines with_port = common;
    with_port.push_back("port = 8000");
    CHECK(why_dropped(with_port) == "7:1 error service: service 'svc': listen takes the place of "
                                    "port: give one of them");
    Lines with_bind = common;
    with_bind.push_back("bind = 127.0.0.1");
    CHECK(why_dropped(with_bind) == "7:1 error service: service 'svc': listen takes the place of "
                                    "bind: give one of them");
    Lines rpc = common;
    rpc.push_back("type = RPC UNLISTED");
    rpc.push_back("rpc_version = 1");
    rpc.push_back("rpc_number = 1");
    CHECK(why_dropped(rpc) == "2:1 error service: service 'svc': an RPC service gets its port "
                              "from the kernel; use bind");
    Lines tcpmux = common;
    tcpmux.push_back("type = TCPMUX UNLISTED");
    CHECK(why_dropped(tcpmux) ==
          "2:1 error service: service 'svc': a TCPMUX service has no socket of its own");
}

TEST_CASE("attributes of a socket file draw a warning where there is none")
{
    const Lines common{"socket_type = stream", "wait = no", "user = root", "server = /bin/cat",
                       "socket_mode = 0600"};
    CHECK(remarks(common, "ftp") == "6:1 warning none: service 'ftp': socket_mode has no effect: "
                                    "listen names no socket in the file system");
    Lines with_file = common;
    with_file.push_back("listen = unix:/run/x");
    CHECK(remarks(with_file).empty());
}

TEST_CASE("mistakes that follow from another are not told")
{
    CHECK(why_dropped({"wait = no", "user = root", "server = /bin/cat", "port = 1"}) ==
          "1:1 error service: service 'svc': neither socket_type nor protocol says which of the "
          "listed services is meant");
    CHECK(why_dropped({"wait = no", "type = INTERNAL", "port = 1"}) ==
          "1:1 error service: service 'svc': the attribute 'socket_type' is missing");
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// The expected lines are xinetd 2.3.15.3's, as it wrote them.

#include <csignal>

#include "daemon/core/log_record.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::core {

namespace {

using config::FailureLog;
using config::SuccessLog;

config::ServiceSpec spec_with(config::EnumSet<SuccessLog> success,
                              config::EnumSet<FailureLog> failure = {})
{
    config::ServiceSpec spec;
    spec.name = "named-otherwise";
    spec.id = "a";
    spec.settings->log_on_success = success;
    spec.settings->log_on_failure = failure;
    return spec;
}

std::optional<access::Peer> peer_at(std::string_view address,
                                    access::Arrival arrival = access::Arrival::native)
{
    return access::Peer{*access::IpAddress::parse(address), arrival, 40000};
}

constexpr int exited(int status)
{
    return status << 8;
}

} // namespace

TEST_CASE("START has the pid before the address")
{
    const auto spec = spec_with({SuccessLog::host, SuccessLog::pid});
    CHECK(start_record(spec, 69, peer_at("127.0.0.1")) == "START: a pid=69 from=127.0.0.1");
}

TEST_CASE("START of a service inside the daemon has pid 0")
{
    const auto spec = spec_with({SuccessLog::host, SuccessLog::pid});
    CHECK(start_record(spec, 0, peer_at("127.0.0.1")) == "START: a pid=0 from=127.0.0.1");
}

TEST_CASE("START shows an IPv4 client of a dual-stack service in its mapped form")
{
    const auto spec = spec_with({SuccessLog::host});
    CHECK(start_record(spec, 1, peer_at("127.0.0.1", access::Arrival::mapped)) ==
          "START: a from=::ffff:127.0.0.1");
}

TEST_CASE("START without a peer says so")
{
    const auto spec = spec_with({SuccessLog::host, SuccessLog::pid});
    CHECK(start_record(spec, 69, std::nullopt) == "START: a pid=69 from=<no address>");
}

TEST_CASE("START is bare when only EXIT, DURATION or another flag is asked for")
{
    const SuccessLog flag =
        GENERATE(SuccessLog::exit, SuccessLog::duration, SuccessLog::userid, SuccessLog::traffic);
    CHECK(start_record(spec_with({flag}), 69, peer_at("127.0.0.1")) == "START: a");
}

TEST_CASE("START is not written without any flag")
{
    CHECK(start_record(spec_with({}), 69, peer_at("127.0.0.1")).empty());
}

TEST_CASE("EXIT has status, pid and duration in this order")
{
    const auto spec = spec_with({SuccessLog::duration, SuccessLog::pid, SuccessLog::exit});
    CHECK(exit_record(spec, {exited(0), 69, 0s}) == "EXIT: a status=0 pid=69 duration=0(sec)");
    CHECK(exit_record(spec, {exited(7), 131, 3s}) == "EXIT: a status=7 pid=131 duration=3(sec)");
}

TEST_CASE("EXIT names the signal of a killed server")
{
    const auto spec = spec_with({SuccessLog::exit, SuccessLog::pid});
    CHECK(exit_record(spec, {SIGKILL, 101, 5s}) == "EXIT: a signal=9 pid=101");
}

TEST_CASE("EXIT names the signal of a server that left a core file")
{
    const auto spec = spec_with({SuccessLog::exit});
    CHECK(exit_record(spec, {SIGSEGV | 0x80, 101, 5s}) == "EXIT: a signal=11");
}

TEST_CASE("EXIT with DURATION alone has no status")
{
    CHECK(exit_record(spec_with({SuccessLog::duration}), {exited(1), 5, 0s}) ==
          "EXIT: a duration=0(sec)");
}

TEST_CASE("EXIT is not written with PID and HOST alone")
{
    CHECK(exit_record(spec_with({SuccessLog::pid, SuccessLog::host}), {exited(1), 5, 0s}).empty());
}

TEST_CASE("FAIL has the reason, and the address if HOST is asked for")
{
    const auto spec = spec_with({}, {FailureLog::host});
    CHECK(fail_record(spec, access::Reason::address, peer_at("127.0.0.5")) ==
          "FAIL: a address from=127.0.0.5");
    CHECK(fail_record(spec, access::Reason::rate, peer_at("127.0.0.1")) ==
          "FAIL: a connections per second from=127.0.0.1");
    CHECK(fail_record(spec, access::Reason::per_source_limit, peer_at("2001:db8::1")) ==
          "FAIL: a per_source_limit from=2001:db8::1");
}

TEST_CASE("FAIL has no address with ATTEMPT or USERID alone")
{
    const FailureLog flag = GENERATE(FailureLog::attempt, FailureLog::userid);
    CHECK(fail_record(spec_with({}, {flag}), access::Reason::address, peer_at("127.0.0.5")) ==
          "FAIL: a address");
}

TEST_CASE("FAIL is not written without any flag")
{
    CHECK(fail_record(spec_with({SuccessLog::host}), access::Reason::load, std::nullopt).empty());
}

TEST_CASE("escaped text is one line and can be read back")
{
    CHECK(escaped("two\nlines\tand\rmore") == "two\\nlines\\tand\\rmore");
    CHECK(escaped(std::string_view("nul\0, bell\a", 11)) == "nul\\x00, bell\\x07");
    CHECK(escaped("\x1b[2J") == "\\x1b[2J");
    CHECK(escaped("a\\nb") == "a\\\\nb");
    CHECK(escaped("del \x7f") == "del \\x7f");
}

TEST_CASE("text in UTF-8 stays, what is no UTF-8 is escaped byte by byte")
{
    CHECK(escaped("Grüße, 世界 🙂") == "Grüße, 世界 🙂");
    CHECK(escaped("\xff") == "\\xff");
    CHECK(escaped("cut \xc3") == "cut \\xc3");
    CHECK(escaped("overlong \xc0\xaf") == "overlong \\xc0\\xaf");
    CHECK(escaped("surrogate \xed\xa0\x80") == "surrogate \\xed\\xa0\\x80");
    CHECK(escaped("too high \xf4\x90\x80\x80") == "too high \\xf4\\x90\\x80\\x80");
}

TEST_CASE("control characters of the C1 set are escaped")
{
    CHECK(escaped("csi \xc2\x9b"
                  "2J") == "csi \\xc2\\x9b2J");
    CHECK(escaped("nbsp \xc2\xa0") == "nbsp \xc2\xa0");
}

TEST_CASE("a whole line keeps its backslashes, so that nothing is escaped twice")
{
    CHECK(one_line("path C:\\x") == "path C:\\x");
    CHECK(one_line(escaped("two\nlines \\ ü")) == escaped("two\nlines \\ ü"));
    CHECK(one_line("a\nb") == "a\\nb");
}

TEST_CASE("long text is cut with an ellipsis that counts")
{
    CHECK(escaped("1234567890", 10) == "1234567890");
    CHECK(escaped("12345678901", 10) == "1234567...");
    CHECK(escaped("12345678901", 2) == "..");
    CHECK(escaped("", 0).empty());
}

TEST_CASE("a cut does not divide a character or an escape")
{
    CHECK(escaped("12345ü890123", 9) == "12345...");
    CHECK(escaped("12345\n\n\n", 10) == "12345\\n...");
    CHECK(escaped("12345\x01\x01", 11) == "12345...");
}

TEST_CASE("TRAFFIC tells both counts, and only if it is asked for")
{
    config::ServiceSpec spec;
    spec.id = "r1";
    CHECK(traffic_record(spec, 4, 0).empty());
    spec.settings->log_on_success = {config::SuccessLog::traffic};
    CHECK(traffic_record(spec, 4, 0) == "TRAFFIC: r1 in=4(bytes) out=0(bytes)");
    CHECK(traffic_record(spec, 1, 5'000'000'000) ==
          "TRAFFIC: r1 in=1(bytes) out=5000000000(bytes)");
}

TEST_CASE("USERID has what the ident server said, escaped and cut")
{
    config::ServiceSpec spec;
    spec.id = "a";
    CHECK(userid_record(spec, "UNIX : joe") == "USERID: a UNIX : joe");
    CHECK(userid_record(spec, "x\x1b\nEXIT: a") == "USERID: a x\\x1b\\nEXIT: a");
    CHECK(userid_record(spec, std::string(5000, '\x01')).size() < 1024);
}

TEST_CASE("NOID has the address and the reason")
{
    config::ServiceSpec spec;
    spec.id = "a";
    CHECK(noid_record(spec, peer_at("192.0.2.7"), "no server") == "NOID: a 192.0.2.7 no server");
    CHECK(noid_record(spec, std::nullopt, "timeout") == "NOID: a <no address> timeout");
}

} // namespace usherd::core

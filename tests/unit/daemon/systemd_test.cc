// SPDX-License-Identifier: BSD-2-Clause

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "daemon/systemd.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/temporary_directory.h"

namespace usherd::daemon {

TEST_CASE("the supervisor's variables are not for handlers")
{
    for (const char* variable : {"NOTIFY_SOCKET=/run/x", "WATCHDOG_USEC=1", "WATCHDOG_PID=1",
                                 "LISTEN_FDS=3", "LISTEN_PID=1", "LISTEN_FDNAMES=a:b"})
        CHECK(is_supervisor_variable(variable));
    for (const char* variable : {"PATH=/bin", "LISTEN=1", "LISTEN_FDS_X=1", "X=NOTIFY_SOCKET", ""})
        CHECK_FALSE(is_supervisor_variable(variable));
}

#ifdef USHERD_HAVE_SYSTEMD

namespace {

sys::UniqueFd listen_ipv4(const char* address)
{
    sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &name.sin_addr);
    (void)::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    ::listen(fd.get(), 1);
    return fd;
}

sys::UniqueFd bind_ipv6_datagrams(bool v6only)
{
    sys::UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM, 0));
    const int option = v6only ? 1 : 0;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &option, sizeof option);
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    (void)::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    return fd;
}

sys::UniqueFd bind_unix(const std::string& path, bool abstract, int type = SOCK_DGRAM)
{
    sys::UniqueFd fd(::socket(AF_UNIX, type, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path + (abstract ? 1 : 0), path.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    (void)::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), length);
    if (type == SOCK_STREAM)
        ::listen(fd.get(), 1);
    return fd;
}

/// In the child: descriptors 3 and up are `sockets`, as a supervisor passes them.
void pass(std::vector<sys::UniqueFd> sockets)
{
    constexpr int first = 3;
    std::vector<int> high;
    high.reserve(sockets.size());
    for (const auto& socket : sockets)
        high.push_back(::fcntl(socket.get(), F_DUPFD, 100));
    for (std::size_t i = 0; i < high.size(); ++i)
        ::dup2(high[i], first + static_cast<int>(i));
    ::setenv("LISTEN_FDS", std::to_string(sockets.size()).c_str(), 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    for (auto& socket : sockets)
        (void)socket.release(); // their numbers may be the ones that are passed
}

std::string describe(const PassedSocket& socket)
{
    const int flags = ::fcntl(socket.fd.get(), F_GETFD);
    const auto* inet = std::get_if<config::InetEndpoint>(&socket.endpoint);
    if (inet == nullptr) {
        const auto& local = std::get<config::UnixEndpoint>(socket.endpoint);
        return fmt::format("{}{}{}\n", socket.type == config::SocketType::stream ? "stream " : "",
                           local.abstract ? "@" : "", local.path);
    }
    return fmt::format(
        "{} {} {} {}{}{}\n", socket.type == config::SocketType::stream ? "stream" : "dgram",
        inet->family == access::Family::ipv4 ? "ipv4" : "ipv6",
        inet->address ? to_string(*inet->address) : "*", inet->port != 0 ? "port" : "no port",
        inet->v6only ? " v6only" : "", (flags & FD_CLOEXEC) != 0 ? "" : " inheritable");
}

/// What take_passed_sockets() makes of `sockets`.
std::string taken(const std::function<std::vector<sys::UniqueFd>()>& make)
{
    return tests::run_in_child([&] {
               pass(make());
               std::vector<std::string> rejected;
               for (const auto& socket : take_passed_sockets(rejected))
                   tests::say(describe(socket));
               for (const auto& line : rejected)
                   tests::say(line + '\n');
               return 0;
           })
        .output;
}

std::vector<sys::UniqueFd> list(sys::UniqueFd one, sys::UniqueFd two = {})
{
    std::vector<sys::UniqueFd> sockets;
    sockets.push_back(std::move(one));
    if (two)
        sockets.push_back(std::move(two));
    return sockets;
}

/// Hears what the daemon tells its supervisor.
class Supervisor {
public:
    Supervisor()
    {
        socket_ = bind_unix(directory_.path("notify"), false);
        ::setenv("NOTIFY_SOCKET", directory_.path("notify").c_str(), 1);
    }
    ~Supervisor() { ::unsetenv("NOTIFY_SOCKET"); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    std::string heard()
    {
        char buffer[1024];
        const auto count = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        return count < 0 ? "" : std::string(buffer, static_cast<std::size_t>(count));
    }

private:
    tests::TemporaryDirectory directory_;
    sys::UniqueFd socket_;
};

} // namespace

TEST_CASE("sockets from the supervisor are taken with their address, close-on-exec")
{
    CHECK(taken([] { return list(listen_ipv4("127.0.0.1"), bind_ipv6_datagrams(true)); }) ==
          "stream ipv4 127.0.0.1 port\ndgram ipv6 * port v6only\n");
    CHECK(taken([] { return list(listen_ipv4("0.0.0.0"), bind_ipv6_datagrams(false)); }) ==
          "stream ipv4 * port\ndgram ipv6 * port\n");
}

TEST_CASE("UNIX sockets from the supervisor are taken, abstract ones too")
{
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path("socket");
    const std::string name = "usherd-test-" + std::to_string(::getpid());
    CHECK(taken([&] {
              auto abstract = bind_unix(name, true);
              return list(bind_unix(path, false, SOCK_STREAM), std::move(abstract));
          }) == "stream " + path + "\n@" + name + "\n");
}

TEST_CASE("what is no socket that waits for somebody is rejected")
{
    const std::string lines = taken([] {
        return list(sys::UniqueFd(::open("/dev/null", O_RDONLY)),
                    sys::UniqueFd(::socket(AF_INET, SOCK_STREAM, 0)));
    });
    CHECK(lines.find("descriptor 3 ") == 0);
    CHECK(lines.find("\ndescriptor 4 ") != std::string::npos);
}

TEST_CASE("sockets that are meant for another process are not ours")
{
    const auto outcome = tests::run_in_child([] {
        pass(list(listen_ipv4("127.0.0.1")));
        ::setenv("LISTEN_PID", "1", 1);
        std::vector<std::string> rejected;
        return passed_descriptor_count() == 0 && take_passed_sockets(rejected).empty() ? 0 : 1;
    });
    CHECK(outcome.wait_status == 0);
}

TEST_CASE("the variables about sockets go when they are taken, not when they are counted")
{
    const auto outcome = tests::run_in_child([] {
        pass(list(listen_ipv4("127.0.0.1")));
        if (passed_descriptor_count() != 1 || ::getenv("LISTEN_FDS") == nullptr)
            return 1;
        std::vector<std::string> rejected;
        const auto sockets = take_passed_sockets(rejected);
        return sockets.size() == 1 && ::getenv("LISTEN_FDS") == nullptr &&
                       ::getenv("LISTEN_PID") == nullptr
                   ? 0
                   : 2;
    });
    CHECK(outcome.wait_status == 0);
}

TEST_CASE("the supervisor hears of every change of state")
{
    Supervisor supervisor;
    notify_ready("13 available services");
    CHECK(supervisor.heard() == "READY=1\nSTATUS=13 available services");
    notify_reloading();
    const std::string reloading = supervisor.heard();
    CHECK(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(reloading.find_first_not_of("0123456789", reloading.rfind('=') + 1) == std::string::npos);
    notify_status("one\ntwo");
    CHECK(supervisor.heard() == "STATUS=one two");
    notify_watchdog();
    CHECK(supervisor.heard() == "WATCHDOG=1");
    notify_stopping();
    CHECK(supervisor.heard() == "STOPPING=1");
}

TEST_CASE("without a supervisor nothing is told and there is no watchdog")
{
    notify_ready("unheard");
    CHECK_FALSE(watchdog_interval());
}

TEST_CASE("the watchdog is fed twice in the time it waits")
{
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    CHECK(watchdog_interval() == std::chrono::microseconds(1500000));
    ::unsetenv("WATCHDOG_USEC");
}

#endif

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrapper_process.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/privileges.h"
#include "daemon/wrapper_protocol.h"

#ifdef USHERD_HAVE_LIBWRAP
#include <tcpd.h>

#include "daemon/sys/library.h"

USHERD_NOTE_LIBRARY(USHERD_LIBWRAP_LIBRARY, "libwrap", "The rules of tcp_wrappers");

// libwrap writes at these levels, which are xinetd's, where a rule does not say another. Exported
// (CMakeLists.txt), so that it takes them for its own.
[[gnu::used]] int allow_severity = LOG_INFO;
[[gnu::used]] int deny_severity = LOG_INFO;
#endif

namespace usherd::daemon {

namespace {

using Kind = WrapperAnswer::Kind;

#ifdef USHERD_HAVE_LIBWRAP

/// What is wanted of libwrap.
struct Libwrap {
    sys::Library loaded{USHERD_LIBWRAP_LIBRARY};
    decltype(::request_init)* init = loaded.get<decltype(::request_init)>("request_init");
    decltype(::request_set)* set = loaded.get<decltype(::request_set)>("request_set");
    decltype(::hosts_access)* access = loaded.get<decltype(::hosts_access)>("hosts_access");
    decltype(::sock_host)* host = loaded.get<decltype(::sock_host)>("sock_host");
    decltype(::sock_hostname)* host_name = loaded.get<decltype(::sock_hostname)>("sock_hostname");
    decltype(::sock_hostaddr)* host_address =
        loaded.get<decltype(::sock_hostaddr)>("sock_hostaddr");
};

/// Called first where the process serves, so that those it makes have it, too.
const Libwrap& libwrap() noexcept
{
    static const Libwrap library;
    return library;
}

/// @return 0, or the errno that says why nobody can be judged
int load_rules() noexcept
{
    const auto state = libwrap().loaded.state();
    return state ? 0 : state.error().number;
}

bool is_allowed(const WrapperQuestion& question, int connection) noexcept
{
    const Libwrap& rules = libwrap();
    std::array<char, WrapperQuestion::max_daemon_bytes + 1> name{};
    std::copy(question.daemon.begin(), question.daemon.end(), name.begin());
    request_info request;
    if (!question.sender) {
        rules.init(&request, RQ_DAEMON, name.data(), RQ_FILE, connection, 0);
        rules.host(&request);
        return rules.access(&request) != 0;
    }
    // Not asked from the socket: the datagram may be gone, and it would wait for the next one.
    sys::SocketAddress sender = *question.sender;
    rules.init(&request, RQ_DAEMON, name.data(), RQ_FILE, connection, RQ_CLIENT_SIN, sender.get(),
               0);
    auto local = sys::local_address(connection);
    if (local)
        rules.set(&request, RQ_SERVER_SIN, local->get(), 0);
    request.hostname = rules.host_name;
    request.hostaddr = rules.host_address;
    return rules.access(&request) != 0;
}

#else

int load_rules() noexcept
{
    return ENOSYS;
}
bool is_allowed(const WrapperQuestion& /*question*/, int /*connection*/) noexcept
{
    return false;
}

#endif

/// As the service's servers are. @return errno, 0 if all went well.
int become(const WrapperQuestion& question) noexcept
{
    if (question.gid >= 0 && ::setgid(static_cast<gid_t>(question.gid)) < 0)
        return errno;
    if (question.set_groups && ::setgroups(question.groups.size(), question.groups.data()) < 0)
        return errno;
    if (question.uid >= 0 && ::setuid(static_cast<uid_t>(question.uid)) < 0)
        return errno;
    ::umask(question.umask);
    if (question.nice != 0)
        (void)!::nice(question.nice); // as for a server: an ordinary user may not lower it
    return 0;
}

void set_signals(void (*action)(int)) noexcept
{
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGABRT, SIGALRM,
                             SIGIO, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE})
        ::signal(signal, action);
}

/// In the process that a command may replace: does not return.
[[noreturn]] void decide(const WrapperQuestion& question, int connection, int reply) noexcept
{
    set_signals(SIG_DFL);
    ::setsid(); // what it starts can be ended with it
    WrapperAnswer answer;
    answer.id = question.id;
    answer.error_number = become(question);
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    const int nice_before = ::getpriority(PRIO_PROCESS, 0);
    int off = 0;
    ::ioctl(connection, FIONBIO, &off);
    if (answer.error_number == 0) {
        const bool allowed = is_allowed(question, connection);
        // An option that has made us somebody else cannot be carried over to the server.
        const bool is_same = uid == ::geteuid() && gid == ::getegid();
        answer.kind = allowed && is_same ? Kind::allowed : Kind::refused;
        answer.umask = ::umask(0);
        answer.nice_by = ::getpriority(PRIO_PROCESS, 0) - nice_before;
    }
    const std::string_view bytes = bytes_of(answer);
    (void)!::write(reply, bytes.data(), bytes.size());
    ::_exit(0);
}

/// fork(2), but the child's parent is ours: the daemon. It sees its end and may signal it without
/// mistaking it for another.
pid_t fork_for_parent() noexcept
{
#ifdef __s390__
    return static_cast<pid_t>(::syscall(SYS_clone, 0, CLONE_PARENT | SIGCHLD, 0, 0, 0));
#else
    return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
#endif
}

void send_answer(const WrapperAnswer& answer) noexcept
{
    // A daemon that is busy reads it later; one that is gone does not matter.
    const std::string_view bytes = bytes_of(answer);
    while (::send(wrapper_process_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 &&
           errno == EINTR) {
    }
}

/// The process waits until the daemon has been told whose it is.
void start_process(const WrapperQuestion& question, int connection, int reply) noexcept
{
    WrapperAnswer answer;
    answer.id = question.id;
    int gate[2] = {-1, -1};
    if (::pipe2(gate, O_CLOEXEC) < 0) {
        answer.error_number = errno;
        return send_answer(answer);
    }
    const sys::UniqueFd wait_end(gate[0]);
    sys::UniqueFd open_end(gate[1]);
    const pid_t pid = fork_for_parent();
    char go = 0;
    if (pid == 0) {
        open_end.reset();
        ::close(wrapper_process_socket);
        if (::read(wait_end.get(), &go, 1) != 1)
            ::_exit(1);
        decide(question, connection, reply);
    }
    answer.kind = pid < 0 ? Kind::failed : Kind::working;
    answer.error_number = pid < 0 ? errno : 0;
    answer.pid = pid;
    send_answer(answer);
    (void)!::write(open_end.get(), &go, 1);
}

void serve(const ReceivedPacket& packet) noexcept
{
    const auto question = decode_question(packet.bytes);
    if (!question)
        return;
    const int connection = packet.descriptors.empty() ? -1 : packet.descriptors[0].get();
    const int unloaded = load_rules();
    if (question->in_process && packet.descriptors.size() == 2 && unloaded == 0)
        return start_process(*question, connection, packet.descriptors[1].get());
    WrapperAnswer answer;
    answer.id = question->id;
    answer.error_number = unloaded;
    if (question->in_process && unloaded == 0)
        answer.error_number = EMFILE; // the descriptors did not all arrive
    if (answer.error_number == 0)
        answer.kind = is_allowed(*question, connection) ? Kind::allowed : Kind::refused;
    send_answer(answer);
}

void open_syslog(const char* program, const char* facility)
{
    int number = -1;
    std::from_chars(facility, facility + std::strlen(facility), number);
    if (number >= 0)
        ::openlog(program, LOG_PID, number);
    else
        ::openlog(program, 0, LOG_USER); // as a process does that never said more
}

} // namespace

bool is_wrapper_process(int argc, char** argv) noexcept
{
    return argc == 3 && std::string_view(argv[0]) == wrapper_process_name;
}

int run_wrapper_process(int /*argc*/, char** argv)
{
    // Signals are for the daemon; its end is ours.
    set_signals(SIG_IGN);
    ::prctl(PR_SET_NAME, wrapper_process_name);
    // The exec has given us back what the daemon had given up. We serve who it serves.
    if (!give_up_capabilities())
        return 1;
    open_syslog(argv[1], argv[2]);
    ::fcntl(wrapper_process_socket, F_SETFD, FD_CLOEXEC);
    for (;;) {
        auto packet = receive_packet(wrapper_process_socket, Waiting::yes);
        if (!packet)
            return 1;
        if (packet->bytes.empty())
            return 0;
        serve(*packet);
    }
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrappers.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>
#include <utility>

#include "daemon/service.h"

namespace usherd::daemon {

namespace {

using Kind = WrapperAnswer::Kind;

WrapperQuestion make_question(std::uint64_t id, Service& service, const Arrival& arrival,
                              core::WrapperNeed need)
{
    WrapperQuestion question;
    question.id = id;
    question.in_process = need == core::WrapperNeed::process;
    question.daemon = config::libwrap_daemon(service.spec());
    if (arrival.sender.length > 0)
        question.sender = arrival.sender;
    const core::SpawnTemplate& servers = *service.spawn_template();
    question.uid = servers.uid ? static_cast<std::int64_t>(*servers.uid) : -1;
    question.gid = servers.gid ? static_cast<std::int64_t>(*servers.gid) : -1;
    question.set_groups = servers.set_groups;
    question.groups = servers.groups;
    question.umask = servers.umask;
    question.nice = servers.nice.value_or(0);
    return question;
}

/// False if the client came through a socket of the service that has been closed since.
bool has_socket(const Service& service, const Arrival& arrival)
{
    if (arrival.socket)
        return true;
    const int fd = arrival.kept ? arrival.kept->fd : arrival.lent;
    const auto& all = service.listeners();
    return std::any_of(all.begin(), all.end(), [fd](const auto& listener) {
        return listener->is_open() && listener->fd() == fd;
    });
}

/// The process may not lead its group yet.
void end_process(pid_t pid) noexcept
{
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
}

} // namespace

bool has_libwrap() noexcept
{
#ifdef USHERD_HAVE_LIBWRAP
    return true;
#else
    return false;
#endif
}

/// queued --asked--> asked --pid--> with a process, whose answer comes through `reply`
struct Wrappers::Client {
    Client(Wrappers& its_owner, std::uint64_t its_id, Service& its_service, Arrival its_arrival,
           std::optional<access::Slot> its_slot)
        : owner(its_owner), id(its_id), service(&its_service), arrival(std::move(its_arrival)),
          slot(std::move(its_slot)), deadline(std::chrono::steady_clock::now() + patience)
    {
    }
    void on_readable() noexcept { owner.on_pipe(*this); }
    [[nodiscard]] int socket() const noexcept
    {
        if (arrival.kept)
            return arrival.kept->fd;
        return arrival.socket ? arrival.socket.get() : arrival.lent;
    }

    Wrappers& owner;
    std::uint64_t id;
    Service* service;
    Arrival arrival;
    std::optional<access::Slot> slot;
    std::chrono::steady_clock::time_point deadline;
    bool asked = false;
    bool in_process = false;
    pid_t pid = -1;
    bool exited = false; ///< `pid` has been waited for
    sys::UniqueFd reply;
    std::unique_ptr<sys::Watch> readable; ///< after `reply`: dies before it
};

Wrappers::Wrappers(sys::EventLoop& loop, ProvokedLog& log, ExitReceiver& others,
                   WrapperLink::Settings settings)
    : loop_(loop), log_(log), others_(others),
      deadline_(loop, sys::bind<&Wrappers::on_deadline>(*this)),
      pump_(loop, sys::bind<&Wrappers::pump>(*this)),
      clear_(loop, sys::bind<&Wrappers::clear_finished>(*this)),
      end_of_turn_(loop, sys::bind<&Wrappers::at_end_of_turn>(*this)),
      link_(loop, *this, std::move(settings))
{
}

Wrappers::~Wrappers()
{
    for (const auto& [pid, client] : by_pid_)
        end_process(pid);
}

bool Wrappers::concern(const config::ServiceSpec& spec, int family)
{
    if (!has_libwrap() || !spec.is_wrapped() || family == AF_UNIX)
        return false;
    if (!have_rules_) {
        have_rules_ = files_.need() != core::WrapperNeed::nothing;
        end_of_turn_.schedule();
    }
    return *have_rules_;
}

void Wrappers::ask(Service& service, Arrival arrival, std::optional<access::Slot> slot) noexcept
{
    Client& client =
        clients_.emplace_back(*this, ++last_id_, service, std::move(arrival), std::move(slot));
    by_id_.emplace(client.id, std::prev(clients_.end()));
    if (clients_.size() > max_waiting)
        return give_up(client, "too many clients wait");
    arm();
    if (!unasked_.empty() || !put(client))
        unasked_.push_back(client.id);
}

/// @return the end that the process answers to
sys::Result<sys::UniqueFd> Wrappers::open_pipe(Client& client)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return sys::last_error("pipe2");
    client.reply.reset(ends[0]);
    return sys::UniqueFd(ends[1]);
}

/// @return false: there is no room now
bool Wrappers::put(Client& client) noexcept
{
    const auto need = files_.need();
    client.in_process = need == core::WrapperNeed::process;
    if (client.in_process && processes_ >= max_processes)
        return false;
    const auto question = make_question(client.id, *client.service, client.arrival, need);
    sys::Result<sys::UniqueFd> write_end = sys::UniqueFd();
    std::vector<int> descriptors{client.socket()};
    if (client.in_process) {
        write_end = open_pipe(client);
        descriptors.push_back(write_end ? write_end->get() : -1);
    }
    auto asked = write_end ? sys::Result<void>() : sys::Result<void>(write_end.error());
    if (question.groups.size() > WrapperQuestion::max_groups)
        asked = sys::SysError{"setgroups", EINVAL};
    if (!has_socket(*client.service, client.arrival))
        asked = sys::SysError{"sendmsg", EBADF};
    if (asked)
        asked = link_.ask(question, descriptors);
    if (!asked && asked.error().number == EAGAIN)
        return false;
    if (!asked)
        give_up(client, sys::to_string(asked.error()));
    else
        client.asked = true;
    if (asked && client.in_process)
        expect_answer(client);
    return true;
}

void Wrappers::expect_answer(Client& client)
{
    ++processes_;
    ++awaited_;
    client.readable =
        std::make_unique<sys::Watch>(loop_, client.reply.get(), sys::Watch::What::readable,
                                     sys::bind<&Client::on_readable>(client));
    client.readable->start();
}

void Wrappers::pump() noexcept
{
    while (!unasked_.empty()) {
        Client* const client = find(unasked_.front());
        if (client != nullptr && !put(*client))
            return;
        unasked_.pop_front();
    }
}

Wrappers::Client* Wrappers::find(std::uint64_t id) noexcept
{
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &*found->second;
}

void Wrappers::on_wrapper_room() noexcept
{
    pump_.schedule();
}

void Wrappers::on_wrapper_answer(const WrapperAnswer& answer) noexcept
{
    Client* const client = find(answer.id);
    const bool is_of_process =
        answer.kind == Kind::working || client == nullptr || client->in_process;
    if (is_of_process && awaited_ > 0)
        --awaited_;
    if (answer.kind != Kind::working) {
        if (client != nullptr)
            settle(*client, answer);
    } else if (client == nullptr) {
        // Nobody waits for it any more; its exit is still to come.
        leaving_.insert(answer.pid);
        end_process(answer.pid);
    } else {
        client->pid = answer.pid;
        by_pid_.emplace(answer.pid, client);
    }
}

void Wrappers::on_wrapper_lost() noexcept
{
    awaited_ = 0;
    // Those that a process is with do not need it.
    std::vector<std::uint64_t> lost;
    for (const Client& client : clients_)
        if (client.asked && client.pid < 0)
            lost.push_back(client.id);
    for (const std::uint64_t id : lost)
        if (Client* const client = find(id))
            give_up(*client, "the helper has ended");
    pump_.schedule();
}

/// An answer, or the end of the pipe: a command has taken the process over.
void Wrappers::on_pipe(Client& client) noexcept
{
    std::array<char, sizeof(WrapperAnswer)> bytes{};
    const ssize_t count = ::read(client.reply.get(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    const auto answer =
        decode_answer({bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0});
    if (client.pid < 0)
        link_.drain(); // says whose pipe it is, before it is used
    if (by_id_.count(client.id) == 0)
        return;
    if (answer)
        settle(client, *answer);
    else
        take_over(client);
}

void Wrappers::settle(Client& client, const WrapperAnswer& answer) noexcept
{
    if (answer.kind == Kind::failed)
        return give_up(client, (answer.error_number == ELIBACC ? "libwrap: " : "") +
                                   sys::errno_text(answer.error_number));
    retire(client);
    if (answer.kind != Kind::allowed)
        return refuse(client);
    if (client.in_process)
        client.arrival.changes = ProcessChanges{answer.umask, answer.nice_by};
    Gatekeeper::admit(*client.service, std::move(client.arrival),
                      std::exchange(client.slot, std::nullopt));
}

void Wrappers::refuse(Client& client) noexcept
{
    Gatekeeper::refuse(*client.service, std::move(client.arrival),
                       std::exchange(client.slot, std::nullopt), {access::Reason::libwrap});
}

void Wrappers::take_over(Client& client) noexcept
{
    const pid_t pid = client.pid;
    if (pid < 0)
        return give_up(client, "no process was made");
    by_pid_.erase(pid);
    client.pid = -1;
    retire(client);
    client.service->on_taken_over(std::move(client.arrival),
                                  std::exchange(client.slot, std::nullopt), pid);
}

void Wrappers::give_up(Client& client, std::string_view why) noexcept
{
    const std::string& id = client.service->spec().id;
    log_.write(Level::error, id, "libwrap failed",
               fmt::format("service {}: tcp_wrappers cannot be asked: {}", id, why));
    if (client.pid >= 0 && !client.exited)
        end_process(client.pid);
    retire(client);
    refuse(client);
}

/// Out of the tables; dies at the end of the turn.
void Wrappers::retire(Client& client) noexcept
{
    if (client.readable != nullptr)
        client.readable->stop();
    if (client.pid >= 0) {
        by_pid_.erase(client.pid);
        leaving_.insert(client.pid);
    }
    if (client.asked && client.in_process && processes_-- == max_processes)
        pump_.schedule();
    const auto here = by_id_.find(client.id);
    finished_.splice(finished_.end(), clients_, here->second);
    by_id_.erase(here);
    clear_.schedule();
}

void Wrappers::clear_finished() noexcept
{
    finished_.clear();
}

void Wrappers::forget(const Service& service) noexcept
{
    for (auto client = clients_.begin(); client != clients_.end();) {
        Client& each = *client++;
        if (each.service != &service)
            continue;
        if (each.pid >= 0)
            end_process(each.pid);
        retire(each);
        each.slot.reset();
        each.arrival.socket.reset();
    }
}

std::size_t Wrappers::slots_of(const Service& service) const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(clients_.begin(), clients_.end(), [&](const Client& client) {
            return client.service == &service && client.slot;
        }));
}

void Wrappers::arm() noexcept
{
    if (clients_.empty() || deadline_.is_started())
        return;
    const auto left = clients_.front().deadline - std::chrono::steady_clock::now();
    deadline_.start(std::chrono::ceil<std::chrono::microseconds>(
        std::max(left, std::chrono::steady_clock::duration::zero())));
}

void Wrappers::on_deadline() noexcept
{
    const auto now = std::chrono::steady_clock::now();
    while (!clients_.empty() && clients_.front().deadline <= now)
        give_up(clients_.front(), "no answer");
    arm();
}

void Wrappers::on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept
{
    if (link_.on_child_exited(pid))
        return;
    // A process that is quick may have ended before we have read whose it is.
    if (awaited_ > 0 && by_pid_.count(pid) == 0)
        link_.drain();
    if (const auto found = by_pid_.find(pid); found != by_pid_.end()) {
        Client& client = *found->second;
        client.exited = true;
        on_pipe(client);
        if (client.pid == pid && by_pid_.count(pid) > 0)
            take_over(client); // somebody still holds its end of the pipe
    }
    if (leaving_.erase(pid) == 0)
        others_.on_child_exited(pid, wait_status, usage);
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/rpcbind.h"

#ifdef USHERD_HAVE_RPC

#include <chrono>
#include <cstdlib>
#include <memory>
#include <rpc/rpc.h>
#include <rpc/rpcb_clnt.h>
#include <rpc/rpcb_prot.h>
#include <sys/time.h>
#include <type_traits>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/sys/library.h"
#include "daemon/sys/socket.h"

USHERD_NOTE_LIBRARY(USHERD_RPC_LIBRARY, "rpc", "Registration of RPC services with rpcbind");

namespace usherd::daemon {

namespace {

using Clock = std::chrono::steady_clock;

constexpr timeval call_limit{2, 0};
constexpr std::chrono::seconds limit_in_all{5};

/// What is wanted of libtirpc.
struct Tirpc {
    sys::Library loaded{USHERD_RPC_LIBRARY};
    decltype(::clnt_vc_create)* connect = loaded.get<decltype(::clnt_vc_create)>("clnt_vc_create");
    decltype(::__rpc_createerr)* why = loaded.get<decltype(::__rpc_createerr)>("__rpc_createerr");
    decltype(::clnt_sperrno)* text = loaded.get<decltype(::clnt_sperrno)>("clnt_sperrno");
    // RPC's filters are passed as functions of any arguments, in C.
    xdrproc_t xdr_mapping = loaded.get<std::remove_pointer_t<xdrproc_t>>("xdr_rpcb");
    xdrproc_t xdr_flag = loaded.get<std::remove_pointer_t<xdrproc_t>>("xdr_bool");
};

const Tirpc& tirpc() noexcept
{
    static const Tirpc library;
    return library;
}

struct ClientEnd {
    void operator()(CLIENT* client) const { clnt_destroy(client); }
};

/// A connection to rpcbind that never waits for long.
class Rpcbind {
public:
    [[nodiscard]] static sys::Result<Rpcbind> connect();
    /// @return empty, or why not.
    [[nodiscard]] std::string set(const RpcMapping& mapping) { return call(RPCBPROC_SET, mapping); }
    [[nodiscard]] std::string unset(const RpcMapping& mapping)
    {
        return call(RPCBPROC_UNSET, mapping);
    }
    /// It has not answered in time: nor would it the next time.
    [[nodiscard]] bool is_lost() const noexcept { return is_lost_; }

private:
    Rpcbind(sys::UniqueFd socket, CLIENT* client) : socket_(std::move(socket)), client_(client) {}
    [[nodiscard]] std::string call(rpcproc_t procedure, const RpcMapping& mapping);

    bool is_lost_ = false;
    sys::UniqueFd socket_;
    std::unique_ptr<CLIENT, ClientEnd> client_; // after socket_, which it borrows
};

sys::Result<Rpcbind> Rpcbind::connect()
{
    if (const auto state = tirpc().loaded.state(); !state)
        return state.error();
    auto socket = sys::open_socket(AF_UNIX, SOCK_STREAM, 0, sys::Blocking::yes);
    if (!socket)
        return socket.error();
    for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO})
        if (::setsockopt(socket->get(), SOL_SOCKET, option, &call_limit, sizeof call_limit) < 0)
            return sys::last_error("setsockopt");
    auto address = sys::unix_address(_PATH_RPCBINDSOCK, false);
    if (!address)
        return address.error();
    if (::connect(socket->get(), address->get(), address->length) < 0)
        return sys::last_error("connect");
    netbuf server{address->length, address->length, address->get()};
    CLIENT* client = tirpc().connect(socket->get(), &server, RPCBPROG, RPCBVERS, 0, 0);
    if (client == nullptr)
        return sys::SysError{"clnt_vc_create", tirpc().why()->cf_error.re_errno};
    return Rpcbind(std::move(*socket), client);
}

std::string Rpcbind::call(rpcproc_t procedure, const RpcMapping& mapping)
{
    std::string protocol = mapping.protocol;
    // A universal address: the port's two bytes follow the address's four.
    std::string address = fmt::format("0.0.0.0.{}.{}", mapping.port / 256, mapping.port % 256);
    std::string owner = std::to_string(::geteuid());
    rpcb arguments{mapping.program, mapping.version, protocol.data(), address.data(), owner.data()};
    bool_t done = FALSE;
    const clnt_stat status = clnt_call(client_.get(), procedure, tirpc().xdr_mapping, &arguments,
                                       tirpc().xdr_flag, &done, call_limit);
    is_lost_ = is_lost_ || status == RPC_TIMEDOUT;
    if (status != RPC_SUCCESS)
        return tirpc().text(status);
    return done != FALSE ? std::string() : "refused: it knows this program elsewhere";
}

} // namespace

bool has_rpc() noexcept
{
    return true;
}

RpcOutcome update_rpcbind(const std::vector<RpcMapping>& old, const std::vector<RpcMapping>& wanted)
{
    RpcOutcome outcome;
    const auto deadline = Clock::now() + limit_in_all;
    auto rpcbind = Rpcbind::connect();
    if (!rpcbind)
        return {{}, wanted, sys::to_string(rpcbind.error())};
    const auto answers = [&] { return !rpcbind->is_lost() && Clock::now() < deadline; };
    for (const RpcMapping& mapping : old)
        if (answers())
            (void)rpcbind->unset(mapping); // what is not there need not be withdrawn
    for (const RpcMapping& mapping : wanted) {
        auto why = answers() ? rpcbind->set(mapping) : "it does not answer in time";
        (why.empty() ? outcome.registered : outcome.refused).push_back(mapping);
        if (!why.empty())
            outcome.why = std::move(why);
    }
    return outcome;
}

} // namespace usherd::daemon

#else

namespace usherd::daemon {

bool has_rpc() noexcept
{
    return false;
}

RpcOutcome update_rpcbind(const std::vector<RpcMapping>& /*old*/,
                          const std::vector<RpcMapping>& wanted)
{
    return {{}, wanted, "built without libtirpc"};
}

} // namespace usherd::daemon

#endif

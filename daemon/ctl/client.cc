// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/client.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

namespace usherd::ctl {

namespace {

using Handle = std::unique_ptr<CURL, void (*)(CURL*)>;

/// What comes in, and what is done with it.
struct Incoming {
    CURL* handle;
    Reply reply;
    Client::LineSink sink; ///< empty: the body is kept
    std::string line;      ///< not ended yet
    bool too_large = false;
    bool enough = false; ///< the sink wants no more

    bool take(std::string_view data)
    {
        long status = 0;
        ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        if (!sink || status != 200) {
            too_large = reply.body.size() + data.size() > Client::max_reply_bytes;
            if (!too_large)
                reply.body += data;
            return !too_large;
        }
        line += data;
        return pass_lines();
    }

    bool pass_lines()
    {
        std::size_t start = 0;
        for (std::size_t end = line.find('\n'); end != std::string::npos && !enough;
             end = line.find('\n', start)) {
            enough = !sink(std::string_view(line).substr(start, end - start));
            start = end + 1;
        }
        line.erase(0, start);
        too_large = line.size() > Client::max_line_bytes;
        return !too_large && !enough;
    }
};

std::size_t on_data(char* data, std::size_t size, std::size_t count, void* incoming)
{
    const std::size_t bytes = size * count;
    return static_cast<Incoming*>(incoming)->take({data, bytes}) ? bytes : 0;
}

ClientError no_connection(const std::string& socket, int error)
{
    if (error == EACCES || error == EPERM)
        return {ExitStatus::not_permitted,
                fmt::format("{}: {}: the socket is for root and for its group", socket,
                            ::strerror(error))};
    return {ExitStatus::no_daemon,
            fmt::format("no daemon answers at {}: {}; does usherd run? Is this its socket "
                        "(--socket)?",
                        socket, error != 0 ? ::strerror(error) : "it cannot be connected to")};
}

ClientError failure(CURL* handle, CURLcode code, const std::string& socket, bool too_large)
{
    if (too_large)
        return {ExitStatus::no_daemon, fmt::format("{}: the answer is too large", socket)};
    if (code == CURLE_COULDNT_CONNECT) {
        long error = 0;
        ::curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error);
        return no_connection(socket, static_cast<int>(error));
    }
    if (code == CURLE_OPERATION_TIMEDOUT)
        return {ExitStatus::no_daemon, fmt::format("{}: no answer in time", socket)};
    return {ExitStatus::no_daemon, fmt::format("{}: {}", socket, ::curl_easy_strerror(code))};
}

template <typename Value>
void set(CURL* handle, CURLoption option, Value value)
{
    ::curl_easy_setopt(handle, option, value);
}

void set_request(CURL* handle, const control::WireRequest& request, const std::string& url,
                 const std::string& socket)
{
    set(handle, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    set(handle, CURLOPT_URL, url.c_str());
    set(handle, CURLOPT_PROXY, ""); // whatever the environment says
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_CONNECTTIMEOUT, 5L);
    set(handle, CURLOPT_PATH_AS_IS, 1L);
    set(handle, CURLOPT_WRITEFUNCTION, on_data);
    if (request.method != control::Method::get) {
        const std::string method(control::name(request.method));
        set(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
        set(handle, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
        set(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
}

std::variant<Reply, ClientError> perform(const std::string& socket,
                                         const control::WireRequest& request, long deadline,
                                         Client::LineSink sink)
{
    const Handle handle(::curl_easy_init(), ::curl_easy_cleanup);
    if (handle == nullptr)
        return ClientError{ExitStatus::no_daemon, "libcurl does not start"};
    // A longer path would be cut off, and lead to another socket.
    if (socket.empty() || socket.size() > 107)
        return ClientError{ExitStatus::usage,
                           fmt::format("'{}' is no path of a socket: 1 to 107 bytes", socket)};
    Incoming incoming{handle.get(), {}, std::move(sink), {}};
    const std::string url = "http://usherd" + request.target;
    set_request(handle.get(), request, url, socket);
    set(handle.get(), CURLOPT_TIMEOUT, deadline);
    set(handle.get(), CURLOPT_WRITEDATA, &incoming);
    const CURLcode code = ::curl_easy_perform(handle.get());
    if (code != CURLE_OK && !incoming.enough)
        return failure(handle.get(), code, socket, incoming.too_large);
    long status = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    incoming.reply.status = static_cast<int>(status);
    return std::move(incoming.reply);
}

} // namespace

std::variant<Reply, ClientError> Client::ask(const control::WireRequest& request) const
{
    return perform(socket_, request, static_cast<long>(deadline_.count()), {});
}

std::variant<Reply, ClientError> Client::follow(const control::WireRequest& request,
                                                LineSink sink) const
{
    return perform(socket_, request, 0, std::move(sink));
}

} // namespace usherd::ctl

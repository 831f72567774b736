// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/listener.h"

#include <memory>

namespace usherd::daemon {

namespace {

constexpr std::chrono::seconds back_off_time{1};

} // namespace

Listener::Listener(sys::EventLoop& loop, OpenedSocket socket, const config::Endpoint& endpoint,
                   Mode mode, ListenerOwner& owner)
    : owner_(owner), endpoint_(&endpoint), bound_(socket.bound), fd_(std::move(socket.fd)),
      mode_(mode), passed_in_(socket.passed_in),
      readable_(loop, fd_.get(), sys::Watch::What::readable,
                sys::bind<&Listener::on_readable>(*this))
{
}

Listener::~Listener()
{
    close();
}

void Listener::pause() noexcept
{
    paused_ = true;
    readable_.stop();
}

void Listener::resume() noexcept
{
    paused_ = false;
    if (is_open() && (back_off_ == nullptr || !back_off_->is_started()))
        readable_.start();
}

void Listener::close() noexcept
{
    if (!is_open())
        return;
    pause();
    if (!passed_in_)
        remove_socket_file(*endpoint_);
    fd_.reset();
}

void Listener::on_readable() noexcept
{
    if (mode_ == Mode::lend)
        owner_.on_lendable(fd());
    else
        accept_batch();
}

void Listener::accept_batch() noexcept
{
    const int allowance = pace_.allowance();
    int found = 0;
    for (int count = 0; count < allowance; ++count) {
        if (!is_open() || paused_ || !owner_.wants_connection())
            return;
        auto accepted = sys::accept_one(fd());
        if (accepted) {
            ++found;
            owner_.on_connection(std::move(accepted->socket), accepted->peer, bound());
            continue;
        }
        if (accepted.error().number == EINTR)
            continue;
        on_accept_error(accepted.error());
        const auto failure = sys::classify_accept_error(accepted.error().number);
        if (failure == sys::AcceptFailure::nothing_pending)
            break;
        if (failure != sys::AcceptFailure::peer_gone)
            return;
    }
    pace_.turned(found);
}

void Listener::on_accept_error(const sys::SysError& error) noexcept
{
    switch (sys::classify_accept_error(error.number)) {
    case sys::AcceptFailure::nothing_pending:
    case sys::AcceptFailure::peer_gone:
        return;
    case sys::AcceptFailure::out_of_resources:
        readable_.stop();
        if (back_off_ == nullptr)
            back_off_ = std::make_unique<sys::Timer>(readable_.loop(),
                                                     sys::bind<&Listener::on_back_off_over>(*this));
        back_off_->start(back_off_time);
        if (owner_.on_out_of_descriptors(error))
            accept_from_reserve();
        return;
    case sys::AcceptFailure::broken_listener:
        pause();
        owner_.on_broken(error);
        return;
    }
}

void Listener::accept_from_reserve() noexcept
{
    if (auto accepted = sys::accept_one(fd()))
        owner_.on_connection(std::move(accepted->socket), accepted->peer, bound());
}

void Listener::on_back_off_over() noexcept
{
    if (!paused_)
        resume();
}

} // namespace usherd::daemon

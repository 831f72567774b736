// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/banner_sender.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "daemon/internal_session.h"

namespace usherd::daemon {

namespace {

const std::string& file_of(const config::ServiceSpec& spec, BannerStage stage) noexcept
{
    switch (stage) {
    case BannerStage::greeting:
        return spec.settings->banner;
    case BannerStage::success:
        return spec.settings->banner_success;
    case BannerStage::failure:
        break;
    }
    return spec.settings->banner_fail;
}

/// Never waits for a pipe's writer or a terminal.
std::optional<std::string> read_banner(const std::string& path)
{
    const sys::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file)
        return std::nullopt;
    std::string text;
    std::array<char, 8192> block;
    while (text.size() < BannerSender::max_bytes) {
        const std::size_t room = std::min(block.size(), BannerSender::max_bytes - text.size());
        const ssize_t count = ::read(file.get(), block.data(), room);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return std::nullopt;
        if (count == 0)
            break;
        text.append(block.data(), static_cast<std::size_t>(count));
    }
    return text;
}

/// Sends what there is room for and cuts it off `text`. A broken connection takes everything: its
/// reader will notice.
void send_part(int fd, std::string& text) noexcept
{
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto count = send_some(fd, std::span(text).subspan(sent));
        if (count < 0)
            return text.clear();
        if (count == 0)
            break;
        sent += static_cast<std::size_t>(count);
    }
    text.erase(0, sent);
}

} // namespace

class BannerSender::Pending {
public:
    Pending(BannerSender& sender, BannerOwner& its_owner, BannerStage its_stage, Arrival connection,
            std::optional<access::Slot> its_slot, std::string rest)
        : owner(&its_owner), stage(its_stage), arrival(std::move(connection)),
          slot(std::move(its_slot)), sender_(sender), rest_(std::move(rest)),
          writable_(sender.loop_, arrival.socket.get(), sys::Watch::What::writable,
                    sys::bind<&Pending::on_writable>(*this)),
          deadline_(sender.loop_, sys::bind<&Pending::on_deadline>(*this))
    {
        writable_.start();
        deadline_.start(sender.patience_);
    }
    ~Pending() = default;
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    void stop() noexcept
    {
        writable_.stop();
        deadline_.stop();
    }

    BannerOwner* owner;
    BannerStage stage;
    Arrival arrival;
    std::optional<access::Slot> slot;

private:
    void on_writable() noexcept
    {
        send_part(arrival.socket.get(), rest_);
        if (rest_.empty())
            sender_.finish(*this, true);
    }
    void on_deadline() noexcept { sender_.finish(*this, false); }

    BannerSender& sender_;
    std::string rest_;
    // After the socket: members die in reverse order.
    sys::Watch writable_;
    sys::Timer deadline_;
};

BannerSender::BannerSender(sys::EventLoop& loop, ProvokedLog& log,
                           std::chrono::milliseconds patience)
    : loop_(loop), log_(log), patience_(patience),
      clear_(loop, sys::bind<&BannerSender::clear_finished>(*this))
{
}

BannerSender::~BannerSender() = default;

void BannerSender::send(BannerOwner& owner, const config::ServiceSpec& spec, BannerStage stage,
                        Arrival arrival, std::optional<access::Slot> slot) noexcept
{
    const std::string& file = file_of(spec, stage);
    auto text = read_banner(file);
    if (!text) {
        log_.write(Level::error, spec.id, "banner",
                   fmt::format("service = {}, open of banner {} failed", spec.id, file));
        text.emplace();
    }
    send_part(arrival.socket.get(), *text);
    if (text->empty())
        return owner.on_banner_sent(stage, std::move(arrival), std::move(slot));
    if (pending_.size() < max_pending) {
        pending_.emplace_back(*this, owner, stage, std::move(arrival), std::move(slot),
                              std::move(*text));
        return;
    }
    log_.write(Level::warning, spec.id, "banner full",
               fmt::format("service {}: too many clients do not take their banner", spec.id));
    arrival.socket.reset();
    slot.reset();
    owner.on_banner_given_up();
}

void BannerSender::finish(Pending& pending, bool is_sent) noexcept
{
    pending.stop();
    const auto here = std::find_if(pending_.begin(), pending_.end(),
                                   [&](const Pending& other) { return &other == &pending; });
    finished_.splice(finished_.end(), pending_, here);
    clear_.schedule();
    BannerOwner& owner = *pending.owner;
    if (is_sent)
        return owner.on_banner_sent(pending.stage, std::move(pending.arrival),
                                    std::exchange(pending.slot, std::nullopt));
    pending.arrival.socket.reset();
    pending.slot.reset();
    owner.on_banner_given_up();
}

void BannerSender::forget(const BannerOwner& owner) noexcept
{
    std::erase_if(pending_, [&](const Pending& pending) { return pending.owner == &owner; });
}

std::size_t BannerSender::slots_of(const BannerOwner& owner) const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(pending_.begin(), pending_.end(),
                      [&](const Pending& each) { return each.owner == &owner && each.slot; }));
}

void BannerSender::clear_finished() noexcept
{
    finished_.clear();
}

} // namespace usherd::daemon

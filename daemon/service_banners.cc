// SPDX-License-Identifier: BSD-2-Clause
//
// Where in the life of a connection its banners are sent. A waiting service has no connection to
// send one on (D33).

#include "daemon/banner_sender.h"
#include "daemon/service.h"

namespace usherd::daemon {

bool Service::has_banner(const std::string& file, const Arrival& arrival) const noexcept
{
    return !file.empty() && arrival.socket && !spec_->wait;
}

void Service::send_banner(BannerStage stage, Arrival arrival,
                          std::optional<access::Slot> slot) noexcept
{
    context_.banners.send(*this, *spec_, stage, std::move(arrival), std::move(slot));
}

void Service::on_banner_sent(BannerStage stage, Arrival arrival,
                             std::optional<access::Slot> slot) noexcept
{
    switch (stage) {
    case BannerStage::greeting:
        return judge(std::move(arrival));
    case BannerStage::success:
        return serve(std::move(arrival), std::move(*slot));
    case BannerStage::failure:
        return ask_user_of_refused(std::move(arrival)); // or closes the connection
    }
}

void Service::on_banner_given_up() noexcept
{
    on_slot_free();
}

} // namespace usherd::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/resolver.h"

#include <utility>

#include "daemon/sys/resolver_core.h"

namespace usherd::sys {

HostNameLookup::HostNameLookup() noexcept = default;

HostNameLookup::HostNameLookup(std::unique_ptr<Waiter> waiter) noexcept : waiter_(std::move(waiter))
{
}

HostNameLookup::HostNameLookup(HostNameLookup&&) noexcept = default;

HostNameLookup& HostNameLookup::operator=(HostNameLookup&& other) noexcept
{
    const HostNameLookup former(std::move(*this));
    waiter_ = std::move(other.waiter_);
    return *this;
}

HostNameLookup::~HostNameLookup()
{
    if (is_pending())
        waiter_->query->core.withdraw(*waiter_);
}

bool HostNameLookup::is_pending() const noexcept
{
    return waiter_ && waiter_->query != nullptr;
}

HostNameResolver::HostNameResolver(EventLoop& loop, ResolverOptions options)
    : core_(std::make_shared<Core>(loop, std::move(options)))
{
    loop.keep_until_the_end(core_);
}

HostNameResolver::~HostNameResolver()
{
    core_->shut_down();
}

HostNameLookup HostNameResolver::lookup(const HostAddress& address, NameCallback callback)
{
    return HostNameLookup(core_->add(address, callback));
}

std::optional<std::string_view> HostNameResolver::known(const HostAddress& address) const
{
    return core_->known(address);
}

void HostNameResolver::reload()
{
    core_->reload();
}

} // namespace usherd::sys

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/stored_address.h"

#include <cstring>

namespace usherd::sys {

StoredAddress::StoredAddress(const SocketAddress& address) : length_(address.length)
{
    if (length_ <= bytes_.size())
        std::memcpy(bytes_.data(), &address.storage, length_);
    else
        long_ = std::make_unique<const SocketAddress>(address);
}

SocketAddress StoredAddress::get() const noexcept
{
    if (long_ != nullptr)
        return *long_;
    SocketAddress address;
    std::memcpy(&address.storage, bytes_.data(), length_);
    address.length = length_;
    return address;
}

} // namespace usherd::sys

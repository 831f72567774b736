// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cassert>
#include <charconv>
#include <cstring>

namespace usherd::access {

namespace {

constexpr std::size_t mapped_prefix_bytes = 12;
constexpr unsigned mapped_prefix_bits = 96;

bool is_mapped(const IpAddress::Bytes16& bytes) noexcept
{
    constexpr std::array<std::uint8_t, mapped_prefix_bytes> prefix{0, 0, 0, 0, 0,    0,
                                                                   0, 0, 0, 0, 0xff, 0xff};
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::uint64_t load_word(const std::uint8_t* bytes) noexcept
{
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// Multiplies and folds, so that every bit of the input reaches the low bits of the result.
std::uint64_t mix(std::uint64_t value) noexcept
{
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93U;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93U;
    return value ^ (value >> 32);
}

std::size_t hash_value(const IpAddress::Bytes16& bytes) noexcept
{
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
    const std::uint64_t high = load_word(bytes.data());
    const std::uint64_t low = load_word(bytes.data() + sizeof high);
    return static_cast<std::size_t>(mix(mix(high + odd) ^ low));
}

} // namespace

IpAddress IpAddress::from_ipv4(const Bytes4& bytes) noexcept
{
    IpAddress address;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin() + mapped_prefix_bytes);
    return address;
}

IpAddress IpAddress::from_ipv6(const Bytes16& bytes) noexcept
{
    IpAddress address;
    address.family_ = is_mapped(bytes) ? Family::ipv4 : Family::ipv6;
    address.bytes_ = bytes;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept
{
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), terminated.begin());

    Bytes4 ipv4;
    if (::inet_pton(AF_INET, terminated.data(), ipv4.data()) == 1)
        return from_ipv4(ipv4);
    Bytes16 ipv6;
    if (::inet_pton(AF_INET6, terminated.data(), ipv6.data()) == 1)
        return from_ipv6(ipv6);
    return std::nullopt;
}

IpAddress::Bytes4 IpAddress::ipv4_bytes() const noexcept
{
    assert(family_ == Family::ipv4);
    return {bytes_[12], bytes_[13], bytes_[14], bytes_[15]};
}

bool IpAddress::is_loopback() const noexcept
{
    if (family_ == Family::ipv4)
        return bytes_[mapped_prefix_bytes] == 127;
    constexpr Bytes16 loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return bytes_ == loopback;
}

bool IpAddress::is_multicast() const noexcept
{
    return family_ == Family::ipv4 ? (bytes_[mapped_prefix_bytes] & 0xf0U) == 0xe0U
                                   : bytes_[0] == 0xff;
}

bool IpAddress::is_unspecified() const noexcept
{
    return family_ == Family::ipv4 ? *this == IpAddress{} : bytes_ == Bytes16{};
}

IpAddress IpAddress::masked(unsigned length) const noexcept
{
    IpAddress address = *this;
    address.bytes_ =
        keep_bits(bytes_, family_ == Family::ipv4 ? mapped_prefix_bits + std::min(length, 32U)
                                                  : std::min(length, 128U));
    return address;
}

IpAddress::Bytes16 keep_bits(IpAddress::Bytes16 bytes, unsigned length) noexcept
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned first_bit = static_cast<unsigned>(i) * 8;
        if (first_bit >= length)
            bytes[i] = 0;
        else if (length - first_bit < 8)
            bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> (length - first_bit)));
    }
    return bytes;
}

std::string to_string(const IpAddress& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.family() == Family::ipv6) {
        ::inet_ntop(AF_INET6, address.bytes().data(), text.data(), text.size());
        return text.data();
    }
    // inet_ntop(3) does it by sprintf(3), which takes seven times as long: for each connection, and
    // for each word of an address list.
    char* end = text.data();
    for (const std::uint8_t octet : address.ipv4_bytes()) {
        end = std::to_chars(end, text.data() + text.size(), octet).ptr;
        *end++ = '.';
    }
    return {text.data(), end - 1};
}

std::string log_text(const Peer& peer)
{
    const bool mapped = peer.arrival == Arrival::mapped && peer.address.family() == Family::ipv4;
    return (mapped ? "::ffff:" : "") + to_string(peer.address);
}

} // namespace usherd::access

std::size_t std::hash<usherd::access::IpAddress>::operator()(
    const usherd::access::IpAddress& address) const noexcept
{
    return usherd::access::hash_value(address.bytes());
}

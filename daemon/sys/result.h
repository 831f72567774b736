// SPDX-License-Identifier: BSD-2-Clause
//
// The outcome of a system call as a value: what was wanted, or which call failed with which errno.
// Member names are those of std::expected (C++23), so that it can take this one's place.

#pragma once

#include <cassert>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace usherd::sys {

struct SysError {
    const char* call = ""; ///< a literal: "bind"
    int number = 0;        ///< errno

    bool operator==(const SysError& other) const noexcept
    {
        return number == other.number && std::string_view(call) == other.call;
    }
};

/// `bind: Address already in use (errno = 98)`
[[nodiscard]] std::string to_string(const SysError& error);
/// `Address already in use (errno = 98)`, as xinetd writes it.
[[nodiscard]] std::string errno_text(int number);

/// The error of the call that has just failed.
[[nodiscard]] inline SysError last_error(const char* call) noexcept
{
    return {call, errno};
}

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(SysError error) : state_(std::in_place_index<1>, error) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] T& value() &
    {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const&
    {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T&& value() && { return std::move(value()); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] const SysError& error() const
    {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, SysError> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(SysError error) : error_(error), failed_(true) {}

    [[nodiscard]] bool has_value() const noexcept { return !failed_; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const SysError& error() const
    {
        assert(failed_);
        return error_;
    }

private:
    SysError error_;
    bool failed_ = false;
};

} // namespace usherd::sys

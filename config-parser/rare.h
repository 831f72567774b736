// SPDX-License-Identifier: BSD-2-Clause
//
// Values that few services have, kept out of line: one pointer where there is none. They are used
// like the std::optional or std::string they stand for.

#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace usherd::config {

/// A std::optional<T> in one pointer. Copies copy the value.
template <typename T>
class Rare {
public:
    Rare() noexcept = default;
    Rare(std::nullopt_t) noexcept {}
    Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}
    Rare(const std::optional<T>& value) : value_(value ? std::make_unique<T>(*value) : nullptr) {}
    Rare(const Rare& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
    Rare(Rare&&) noexcept = default;
    ~Rare() = default;

    Rare& operator=(const Rare& other)
    {
        if (this != &other)
            value_ = other ? std::make_unique<T>(*other) : nullptr;
        return *this;
    }
    Rare& operator=(Rare&&) noexcept = default;
    Rare& operator=(std::nullopt_t) noexcept
    {
        value_.reset();
        return *this;
    }
    template <typename U = T>
    requires(std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, Rare> &&
             !std::same_as<std::remove_cvref_t<U>, std::optional<T>>) Rare&
    operator=(U&& value)
    {
        value_ = std::make_unique<T>(std::forward<U>(value));
        return *this;
    }

    template <typename... Args>
    T& emplace(Args&&... args)
    {
        value_ = std::make_unique<T>(std::forward<Args>(args)...);
        return *value_;
    }
    void reset() noexcept { value_.reset(); }
    [[nodiscard]] bool has_value() const noexcept { return value_ != nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] T& operator*() noexcept { return *value_; }
    [[nodiscard]] const T& operator*() const noexcept { return *value_; }
    [[nodiscard]] T* operator->() noexcept { return value_.get(); }
    [[nodiscard]] const T* operator->() const noexcept { return value_.get(); }

    bool operator==(const Rare& other) const
    {
        return has_value() == other.has_value() && (!has_value() || *value_ == *other);
    }
    bool operator==(const T& other) const { return has_value() && *value_ == other; }

private:
    std::unique_ptr<T> value_;
};

/// A std::string that is mostly empty.
class RareText {
public:
    RareText() noexcept = default;
    explicit RareText(std::string text) { *this = std::move(text); }
    RareText& operator=(std::string text)
    {
        if (text.empty())
            text_.reset();
        else
            text_ = std::move(text);
        return *this;
    }

    [[nodiscard]] bool empty() const noexcept { return !text_; }
    [[nodiscard]] const std::string& str() const noexcept;
    operator const std::string&() const noexcept { return str(); }
    bool operator==(const RareText& other) const = default;
    bool operator==(std::string_view other) const noexcept { return str() == other; }

private:
    Rare<std::string> text_;
};

/// The one of each rlimit_* attribute; soft and hard are both set to it.
enum class ResourceLimit : std::uint8_t { as, cpu, data, files, rss, stack };
inline constexpr int resource_limit_count = 6;
inline constexpr std::uint64_t no_resource_limit = ~std::uint64_t{0}; ///< UNLIMITED

/// The rlimit_* attributes by ResourceLimit.
class ResourceLimits {
public:
    using Value = std::optional<std::uint64_t>;

    [[nodiscard]] Value& operator[](std::size_t which);
    [[nodiscard]] const Value& operator[](std::size_t which) const noexcept;
    bool operator==(const ResourceLimits& other) const;

private:
    Rare<std::array<Value, resource_limit_count>> values_;
};

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// Values that many services have alike. Copies share one; whoever changes his gets one of his own
// first, so that it is used like a value.

#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace usherd::config {

/// A T in one pointer, copied on write; T{} without memory of its own. Any thread may read and copy
/// what others read, as with std::shared_ptr. Access through a Shared that is not const counts as
/// a change.
template <typename T>
class Shared {
public:
    Shared() noexcept = default;
    Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}

    [[nodiscard]] const T& operator*() const noexcept { return get(); }
    [[nodiscard]] const T* operator->() const noexcept { return &get(); }
    [[nodiscard]] T& operator*() { return edit(); }
    [[nodiscard]] T* operator->() { return &edit(); }

    /// True if both are one value in memory.
    [[nodiscard]] bool is_one_with(const Shared& other) const noexcept
    {
        return value_ == other.value_;
    }
    bool operator==(const Shared& other) const
    {
        return is_one_with(other) || get() == other.get();
    }

private:
    [[nodiscard]] const T& get() const noexcept
    {
        static const T none{};
        return value_ == nullptr ? none : *value_;
    }
    T& edit()
    {
        if (value_ == nullptr)
            value_ = std::make_shared<T>();
        else if (value_.use_count() > 1)
            value_ = std::make_shared<T>(*value_);
        else
            std::atomic_thread_fence(std::memory_order_acquire); // after the last other reader
        return *value_;
    }

    std::shared_ptr<T> value_;
};

} // namespace usherd::config

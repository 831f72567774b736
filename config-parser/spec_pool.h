// SPDX-License-Identifier: BSD-2-Clause
//
// Makes what the services of a load have alike one value in memory. Only the values met last are
// looked at: services that are alike stand together, and a load stays linear.

#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "config-parser/service_spec.h"

namespace usherd::config {

class SpecPool {
public:
    /// How many different values of each kind are looked at.
    static constexpr std::size_t most_looked_at = 16;

    /// Gives `spec` the parts of earlier ones that equal its own.
    void share(ServiceSpec& spec);
    /// Has a service that was taken over from an earlier load share its parts with later ones.
    void learn(const ServiceSpec& spec);

private:
    template <typename T>
    class Recent {
    public:
        void share(Shared<T>& value)
        {
            const auto found = std::find(values_.begin(), values_.end(), std::as_const(value));
            if (found == values_.end())
                return add(value);
            value = *found;
            std::rotate(values_.begin(), found, found + 1);
        }
        void learn(const Shared<T>& value)
        {
            const auto is_it = [&value](const auto& known) { return known.is_one_with(value); };
            if (std::none_of(values_.begin(), values_.end(), is_it))
                add(value);
        }

    private:
        void add(const Shared<T>& value)
        {
            if (values_.size() == most_looked_at)
                values_.pop_back();
            values_.insert(values_.begin(), value);
        }
        std::vector<Shared<T>> values_; ///< the one met last comes first
    };

    Recent<ServerProcess> processes_;
    Recent<access::Policy> policies_;
    Recent<CommonSettings> settings_;
    Recent<Origins> origins_;
};

} // namespace usherd::config

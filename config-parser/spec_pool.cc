// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/spec_pool.h"

namespace usherd::config {

void SpecPool::share(ServiceSpec& spec)
{
    processes_.share(spec.process);
    policies_.share(spec.policy);
    settings_.share(spec.settings);
    origins_.share(spec.origins_);
}

void SpecPool::learn(const ServiceSpec& spec)
{
    processes_.learn(spec.process);
    policies_.learn(spec.policy);
    settings_.learn(spec.settings);
    origins_.learn(spec.origins_);
}

} // namespace usherd::config

// SPDX-License-Identifier: BSD-2-Clause
//
// Which services are carried out: what has been built is, the rest says why not.

#include "daemon/core/unsupported.h"
#include "tests/support/catch.h"

namespace usherd::core {

TEST_CASE("a plain service and what it may use are carried out")
{
    config::ServiceSpec spec;
    CHECK_FALSE(unsupported_effect(spec));
    spec.settings->redirect = config::Redirect{"127.0.0.1", 80, {}};
    spec.settings->log_on_success.add(config::SuccessLog::traffic);
    spec.flags.add(config::ServiceFlag::sensor);
    spec.flags.add(config::ServiceFlag::intercept); // D20
    spec.settings->banner = "/etc/issue.net";
    spec.types.add(config::ServiceType::tcpmux);
    spec.flags.add(config::ServiceFlag::idonly);
    spec.flags.add(config::ServiceFlag::intercept);
    spec.flags.add(config::ServiceFlag::labeled);
    spec.settings->log_on_success.add(config::SuccessLog::userid);
    spec.settings->libwrap_name_given = true;
    CHECK_FALSE(unsupported_effect(spec));
}

} // namespace usherd::core

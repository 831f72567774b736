# SPDX-License-Identifier: BSD-2-Clause
#
# All behaviour cases.

import cases_access
import cases_config
import cases_control
import cases_handler
import cases_internal
import cases_logs
import cases_neighbours
import cases_network
import cases_reload

ALL = (cases_config.CASES + cases_network.CASES + cases_access.CASES + cases_handler.CASES
       + cases_internal.CASES + cases_logs.CASES + cases_control.CASES + cases_reload.CASES
       + cases_neighbours.CASES)


def select(only="", every=1):
    """Cases whose name or items hold `only`; every n'th."""
    chosen = [case for case in ALL if only in case.name
              or any(only == item or only in item.split() for item in case.covers)]
    return chosen[every // 2::every]

# SPDX-License-Identifier: BSD-2-Clause
#
# Harness of the integration tests: namespaces of their own, daemons, clients, logs.
# Importing it moves the test process into the sandbox (see sandbox.py).

from . import sandbox

sandbox.enter()

# SPDX-License-Identifier: BSD-2-Clause
"""The bench: usherd and its peers side by side. See ../README.md."""

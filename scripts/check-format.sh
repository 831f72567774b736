#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Is every source file as clang-format wants it? Usage: scripts/check-format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-format >/dev/null || { echo "clang-format is missing: scripts/install-deps.sh --tests" >&2; exit 1; }
action=(--dry-run --Werror)
[ "${1:-}" = --fix ] && action=(-i)
find access-control config-parser daemon tests \( -name '*.cc' -o -name '*.h' \) -print0 |
    xargs -0 -r -n 20 -P "$(nproc)" clang-format "${action[@]}"

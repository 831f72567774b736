#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What pyflakes has to say about the tests' Python: names that are not defined, imports that nothing
# uses. A line with `noqa: F401` has an import for what it does. Usage: scripts/check-python.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v pyflakes3 >/dev/null || { echo "pyflakes3 is missing: scripts/install-deps.sh --tests" >&2; exit 1; }
files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.py')
found=0
while IFS= read -r told; do
    IFS=: read -r file line _ <<<"$told"
    if [[ $told == *'imported but unused' ]] && sed -n "${line}p" "$file" | grep -q 'noqa:.*F401'; then
        continue
    fi
    echo "$told"
    found=1
done < <(pyflakes3 "${files[@]}" 2>&1)
exit $found

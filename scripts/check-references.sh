#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every test that SECURITY.md names is there: `FILE: TEXT` between backquotes, where TEXT stands in FILE.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
count=0
while IFS= read -r reference; do
    file=${reference%%: *}
    text=${reference#*: }
    count=$((count + 1))
    if ! grep -qF -- "$text" "$file" 2>/dev/null; then
        echo "SECURITY.md: there is no '$text' in $file"
        status=1
    fi
done < <(tr '`' '\n' <SECURITY.md | grep -E '^tests/[^:]+: ')
[ "$count" -gt 0 ] || { echo "SECURITY.md names no tests"; status=1; }
echo "$count tests are named in SECURITY.md"
exit $status

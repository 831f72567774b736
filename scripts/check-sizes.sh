#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Files of at most 400 lines and functions of at most 40, outside tests. Prints each offence, exits
# 1 if there is any. Relies on the format: a function's braces stand alone, in one column.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # the program is awk's
find access-control config-parser daemon \( -name '*.cc' -o -name '*.h' \) -print0 | LC_ALL=C sort -z |
    LC_ALL=C xargs -0 -r awk -v max_file=400 -v max_function=40 '
function report_file() {
    if (file != "" && lines > max_file) {
        printf "%s: %d lines, at most %d: two ideas?\n", file, lines, max_file
        bad = 1
    }
}
FNR == 1 { report_file(); file = FILENAME; open_at = 0; previous = "" }
{ lines = FNR }
# Only functions open with a brace on a line of its own; the outermost one counts.
/^ *\{$/ && !open_at {
    open_at = FNR
    closing = substr($0, 1, length($0) - 1) "}"
    signature = previous
}
open_at && index($0, closing) == 1 {
    if (FNR - open_at - 1 > max_function) {
        sub(/^ +/, "", signature)
        printf "%s:%d: %d lines, at most %d: %s\n", FILENAME, open_at, FNR - open_at - 1, max_function, signature
        bad = 1
    }
    open_at = 0
}
{ previous = $0 }
END { report_file(); exit bad }'

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Manual pages: clean for mandoc and groff; and, given the built programs, man/usherd.8 has the
# options of --help and man/usherd.conf.5 the attributes of --list-attributes, man/usherctl.8 the
# commands of usherctl with their options, no more and no less.
# Usage: scripts/check-man.sh [USHERD [USHERCTL]]   without a program: the pages alone
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
complain() { echo "$*"; status=1; }

for tool in mandoc groff; do
    command -v $tool >/dev/null || { echo "$tool is missing: scripts/install-deps.sh --tests" >&2; exit 1; }
done
for page in man/*.[1-8]; do
    # Pages of other packages are not on every machine.
    output=$(mandoc -Tlint -Wstyle "$page" 2>/dev/null | grep -v 'referenced manual not found' || true)
    [ -z "$output" ] || complain "$output"
    output=$(groff -mandoc -ww -z "$page" 2>&1 || true)
    [ -z "$output" ] || complain "$page: $output"
    output=$(grep -n '[[:blank:]]$' "$page" || true)
    [ -z "$output" ] || complain "$page: blanks at the end of a line: $output"
done

# Each row of the list of differences is spoken of.
differences=$(sed -n '/^\.Sh COMPATIBILITY/,/^\.Sh SEE ALSO/p' man/usherd.conf.5)
for row in S{1..17} D{1..40}; do
    grep -qw -- "$row" <<<"$differences" || complain "man/usherd.conf.5: nothing about $row"
done

usherd=${1:-}
[ -n "$usherd" ] || exit $status

# compare FILE WHAT FROM_PROGRAM FROM_MANUAL: two lists, one word a line.
compare() {
    local missing
    missing=$(LC_ALL=C comm -23 <(LC_ALL=C sort -u <<<"$3") <(LC_ALL=C sort -u <<<"$4"))
    [ -z "$missing" ] || complain "$1: no $2: $(tr '\n' ' ' <<<"$missing")"
    missing=$(LC_ALL=C comm -13 <(LC_ALL=C sort -u <<<"$3") <(LC_ALL=C sort -u <<<"$4"))
    [ -z "$missing" ] || complain "$1: $2 that $usherd does not know: $(tr '\n' ' ' <<<"$missing")"
    missing=$(LC_ALL=C sort <<<"$4" | uniq -d)
    [ -z "$missing" ] || complain "$1: $2 described twice: $(tr '\n' ' ' <<<"$missing")"
}

section() { sed -n "/^\\.Sh $2\$/,/^\\.Sh /p" "$1"; }

options_of_program=$("$usherd" --help | grep -oE '(^|[[:blank:][|(,])--?[A-Za-z][A-Za-z_-]*' | grep -oE -- '--?[A-Za-z][A-Za-z_-]*')
options_of_manual=$(section man/usherd.8 OPTIONS | sed -nE 's/^\.It Fl (-?[A-Za-z][A-Za-z_-]*).*/-\1/p')
compare man/usherd.8 options "$options_of_program" "$options_of_manual"

attributes_of_program=$("$usherd" --list-attributes)
attributes_of_manual=$(section man/usherd.conf.5 ATTRIBUTES | sed -nE 's/^\.It Ic ([a-z0-9_]+).*/\1/p' | grep -vx log_type; echo log_type)
compare man/usherd.conf.5 attributes "$attributes_of_program" "$attributes_of_manual"

usherctl=${2:-}
[ -n "$usherctl" ] || exit $status

# options COMMAND...: what its --help lists.
options() { "$@" --help | grep -oE '(^|[[:blank:],])--[a-z][a-z-]*' | grep -oE -- '--[a-z-]*'; }

commands_of_program=$("$usherctl" --help | sed -n '/^Subcommands:/,$p' | sed -nE 's/^  ([a-z]+) .*/\1/p')
commands_of_manual=$(section man/usherctl.8 COMMANDS | sed -nE 's/^\.It Ic ([a-z]+).*/\1/p')
compare man/usherctl.8 commands "$commands_of_program" "$commands_of_manual"
# An option may belong to several commands.
options_of_program=$(options "$usherctl"; for command in $commands_of_program; do options "$usherctl" "$command"; done)
options_of_manual=$(sed -nE '/^\.Sh OPTIONS/,/^\.Sh EXIT/ s/^\.It Fl (-[a-z][a-z-]*).*/-\1/p' man/usherctl.8 | LC_ALL=C sort -u)
compare man/usherctl.8 options "$options_of_program" "$options_of_manual"
# /dev/null is no configuration file: the list of rules is there all the same.
rules_of_program=$({ "$usherctl" check --format sarif /dev/null || true; } | grep -oE '"id": "UL[0-9]+"' | grep -oE 'UL[0-9]+' | grep -vx UL000)
rules_of_manual=$(section man/usherctl.8 'LINT RULES' | sed -nE 's/^\.It (UL[0-9]+) .*/\1/p')
compare man/usherctl.8 "lint rules" "$rules_of_program" "$rules_of_manual"

exit $status

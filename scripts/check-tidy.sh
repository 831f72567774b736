#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# clang-tidy over the sources, with the flags they are compiled with. Slow, 25 seconds of a processor
# for a file of the daemon, so by default only over those that differ from a revision. Exits 1 if it
# finds anything. Usage: scripts/check-tidy.sh [--all | --changed [REVISION]] [--build DIRECTORY]
set -euo pipefail
cd "$(dirname "$0")/.."

# Only configured: the precompiled headers of a build with gcc are none for clang.
build=build/tidy
revision=main
all=no
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=yes ;;
    --changed) [ -n "${2:-}" ] && [ "${2#--}" = "$2" ] && { revision=$2; shift; } ;;
    --build) build=${2:?a directory}; shift ;;
    *) echo "usage: $0 [--all | --changed [REVISION]] [--build DIRECTORY]" >&2; exit 2 ;;
    esac
    shift
done

command -v clang-tidy >/dev/null || { echo "clang-tidy is missing (Debian: apt install clang-tidy)" >&2; exit 1; }
if [ ! -f "$build/compile_commands.json" ]; then
    cmake --preset dev -B "$build" -DUSHERD_PRECOMPILE=OFF -DUSHERD_UNIT_TESTS=ON >/dev/null
fi

if [ $all = yes ]; then
    mapfile -t sources < <(find access-control config-parser daemon tests -name '*.cc' | LC_ALL=C sort)
else
    mapfile -t sources < <({ git diff --name-only --diff-filter=d "$revision" -- '*.cc'; git ls-files --others --exclude-standard -- '*.cc'; } | LC_ALL=C sort -u)
fi
# Only what is part of this build: its flags are known.
known=()
for source in "${sources[@]}"; do
    if grep -qF "/$source\"" "$build/compile_commands.json"; then
        known+=("$source")
    fi
done
if [ ${#known[@]} -eq 0 ]; then
    echo "clang-tidy: nothing to check"
    exit 0
fi
printf '%s\0' "${known[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet 2> >(grep -v 'warnings generated' >&2 || true) ||
    { echo "clang-tidy: not clean, of ${#known[@]} files" >&2; exit 1; }
echo "clang-tidy: ${#known[@]} files are clean"

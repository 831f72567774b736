#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The soak: one usherd under a mixed load for MINUTES, its counts, descriptors, processes and memory
# checked each second. tests/soak/README.md says how. Needs root, for private namespaces.
#
# usage: scripts/soak.sh [MINUTES] [--rate N] [--title TEXT] [--no-build]
# MINUTES is SOAK_MINUTES, or 2, where it is not given. Runs the release build, or that of
# USHERD_BIN_DIR. Writes soak.csv, soak.svg and soak.md beside it; exits 1 if anything was found.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export USHERD_BIN_DIR=${USHERD_BIN_DIR:-$top/build/release/bin}
export USHERD_ITEST_PATIENCE=${USHERD_ITEST_PATIENCE:-60}

minutes=${SOAK_MINUTES:-2}
if [[ ${1:-} =~ ^[0-9.]+$ ]]; then
    minutes=$1
    shift
fi
compile=yes
arguments=()
for word in "$@"; do
    if [ "$word" = --no-build ]; then
        compile=no
    else
        arguments+=("$word")
    fi
done
if [ $compile = yes ]; then
    build=$(dirname "$USHERD_BIN_DIR")
    cmake --preset "$(basename "$build")" -DUSHERD_TESTS=ON -S "$top" >/dev/null
    cmake --build "$build" --target usherd usherd-soak-handler
fi
case $(realpath "$USHERD_BIN_DIR") in
/tmp/*) echo "soak: no plot will stay: the namespaces have a /tmp of their own" >&2 ;;
esac
exec python3 -B "$top/tests/soak/soak.py" "$minutes" --output "$(dirname "$USHERD_BIN_DIR")/soak" \
    "${arguments[@]}"

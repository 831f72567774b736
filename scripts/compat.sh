#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Is usherd what xinetd is? Runs it, under the name xinetd, on files found in the wild, and compares
# with what the real xinetd made of each: exit status, services that are up, every attribute in the
# state dump, listeners, diagnostics by severity, line and attribute. Or, with --behaviour, runs both
# with the same clients and compares what these and the handlers see and what is logged. The real one
# is unpacked into build/compat, never installed. Needs root for private namespaces.
#
# usage: scripts/compat.sh [--all | --every N] [--only TEXT] [--kinds KIND,…] [--quiet]
#                          [--keep DIR | --compare DIR]
#   without --all every 7th file; COMPAT_FULL=1 in the environment means --all
# usage: scripts/compat.sh --behaviour [--only TEXT] [--every N | --sample] [--jobs N] [--show]
#                          [--quiet] [--table | --check-table]
#   --sample takes every third case, all of them with COMPAT_FULL=1
#   --table writes the table of tests/compat/README.md from the cases, --check-table compares it
# usage: scripts/compat.sh --generated [--sections N] [--seed TEXT] [--size N] [--file N]
#                          [--seconds N] [--show N] [--listed]
#   random service sections, 20,000 unless told otherwise, 40 to a file, to both; what disagrees and
#   is not explained by a row of usherd.conf(5), COMPATIBILITY, is cut to its least text and shown
# USHERD_CORPUS names the files (default: ../shared/corpus beside the checkout), USHERD_BIN_DIR the
# directory of usherd (default: that of the release build), USHERD_XINETD_ROOT an unpacked package.
# Exits 1 on a difference that tests/compat/differences.tsv does not list, and on a listed one that
# is gone.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
unpacked=$top/build/compat/xinetd

unpack_xinetd() {
    local archives
    mkdir -p "$top/build/compat"
    archives=$(mktemp -d "$top/build/compat/download-XXXXXX")
    chmod 777 "$archives"
    if ! (cd "$archives" && apt-get -q download xinetd >log 2>&1); then
        cat "$archives/log" >&2
        echo "compat: xinetd cannot be downloaded; set USHERD_XINETD_ROOT" >&2
        exit 1
    fi
    dpkg-deb -x "$archives"/xinetd_*.deb "$unpacked"
    rm -r "$archives"
}

case ${1:-} in
-h | --help)
    sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
    exit
    ;;
esac
program=$top/tests/compat/corpus.py
options=("$@")
if [ "${1:-}" = --behaviour ]; then
    program=$top/tests/compat/behaviour/run.py
    options=("${@:2}")
    case " ${options[*]} " in
    *" --table "* | *" --check-table "*) exec python3 -B "$program" "${options[@]}" ;;
    esac
elif [ "${1:-}" = --generated ]; then
    program=$top/tests/compat/generated/run.py
    options=("${@:2}")
elif [ "${COMPAT_FULL:-}" = 1 ]; then
    options+=(--all)
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "compat: root is needed for private namespaces" >&2
    case ${CI:-} in 1 | true | yes) exit 1 ;; esac
    exit 77 # ctest's word for left out
fi
if [ -z "${USHERD_XINETD_ROOT:-}" ]; then
    [ -x "$unpacked/usr/sbin/xinetd" ] || unpack_xinetd
    export USHERD_XINETD_ROOT=$unpacked
fi
exec python3 -B "$program" ${options[@]+"${options[@]}"}

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usherd and its peers side by side: builds the release preset, unpacks the peers from the
# distribution's archive (nothing is installed or started by it), and runs tests/bench/runner in
# private network, mount and process namespaces. Needs root.
#
# usage: scripts/bench.sh [--scale] [--readme] [--rounds N] [--minutes M] [--quick] [--share PART]
#                         [--only PEER,…] [--row NAME,…] [--list] [--again]
#                         [--variant NAME=COMMAND] [--realtime] [--no-download] [--no-build]
#                         [--workers N]
# Prints a Markdown table; writes build/bench/results.json and results.md. --scale: plots of cost
# against scale instead, as scale.json, scale.md and SVG files. --readme puts what came out into
# README.md and tests/bench. tests/bench/README.md says what each row means.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
output=$top/build/bench
peers=$output/peers
programs=${USHERD_BIN_DIR:-$top/build/release/bin}
packages=(xinetd openbsd-inetd ucspi-tcp ipsvd systemd socat haproxy iperf3)

build() {
    cmake --preset release -DUSHERD_TESTS=ON -S "$top" >/dev/null
    cmake --build "$top/build/release" --target bench_programs usherd >&2
}

# One package and what it depends on that is not here, unpacked. Whatever fails is a missing peer.
fetch() {
    local package=$1 directory=$peers/$1 archives
    [ -e "$directory/VERSION" ] && return
    archives=$(mktemp -d)
    mkdir -p "$archives/partial"
    if apt-get install --reinstall --download-only --no-install-recommends -qq -y \
            -o Dir::Cache::archives="$archives" -o APT::Sandbox::User=root \
            "$package" </dev/null >/dev/null 2>"$archives/log"; then
        local archive
        for archive in "$archives"/*.deb; do
            dpkg-deb -x "$archive" "$directory"
        done
        dpkg-deb -f "$archives/$package"_*.deb Version >"$directory/VERSION"
    else
        echo "bench: $package cannot be downloaded: $(tail -n 1 "$archives/log")" >&2
        rm -rf "$directory"
    fi
    rm -r "$archives"
}

# Inside the namespaces. The log socket of the system is masked: nobody logs. Clients keep off the
# ports of services. Some servers answer nobody of 127.0.0.0/8: 10.0.0.0/8 is here, too.
inside() {
    ip link set lo up
    ip address add 10.0.0.1/8 dev lo
    echo "50000 65000" >/proc/sys/net/ipv4/ip_local_port_range
    if [ -S /dev/log ]; then
        mount --bind /dev/null "$(readlink -f /dev/log)"
    fi
    ulimit -n "$(ulimit -H -n)"
    cd "$top/tests/bench"
    python3 -B -m runner --programs "$programs" --output "$output" "$@"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
    exit
fi

download=yes
compile=yes
arguments=()
for word in "$@"; do
    case $word in
        --no-download) download=no ;;
        --no-build) compile=no ;;
        -h|--help|--list|--again) download=no compile=no ;;
    esac
    [ "$word" = --no-build ] || arguments+=("$word")
done
mkdir -p "$peers"
if [ $compile = yes ]; then
    build
fi
if [ $download = yes ]; then
    for package in "${packages[@]}"; do
        fetch "$package"
    done
fi
[ "$(id -u)" = 0 ] || { echo "bench: needs root, for namespaces and for xinetd" >&2; exit 1; }
# shellcheck disable=SC2016 # expanded inside
# No exec: the shell is the namespace's first process and reaps what the servers leave behind.
unshare --net --mount --pid --fork --mount-proc \
    bash -c '"$0" --inside "$@"; exit $?' "$top/scripts/bench.sh" "${arguments[@]}"

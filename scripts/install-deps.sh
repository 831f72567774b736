#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs what usherd is built with, and netbase for the names of ports (Debian and its
# relatives). Does nothing when all is there; never starts a service. As root, else through sudo;
# else prints what is missing and exits 1.
# Usage: scripts/install-deps.sh [--tests] [--peers] [--list]
#   --tests   also what the checks and tests need, real servers and clients among it
#   --peers   also the super-servers that scripts/bench.sh measures against
#   --list    only print the names of the packages
set -euo pipefail
cd "$(dirname "$0")/.."

build=(g++ cmake ninja-build pkg-config libevent-dev libyaml-cpp-dev libfmt-dev nlohmann-json3-dev
    prometheus-cpp-dev libsystemd-dev libcap-ng-dev libtirpc-dev libwrap0-dev libcli11-dev libcurl4-openssl-dev
    netbase)
tests=(catch2 python3 clang libclang-rt-dev clang-format cppcheck mandoc groff-base shellcheck
    pyflakes3 prometheus)
# Not among them: xinetd, which excludes openbsd-inetd; the bench unpacks it instead.
peers=(openbsd-inetd ucspi-tcp ipsvd socat systemd haproxy iperf3)

wanted=("${build[@]}")
list=no
for option in "$@"; do
    case $option in
    --tests)
        mapfile -t integration < <(grep -v '^ *\(#\|$\)' tests/integration/packages.txt)
        wanted+=("${tests[@]}" "${integration[@]}")
        ;;
    --peers) wanted+=("${peers[@]}") ;;
    --list) list=yes ;;
    *)
        echo "usage: $0 [--tests] [--peers] [--list]" >&2
        exit 2
        ;;
    esac
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | LC_ALL=C sort -u)

if [ $list = yes ]; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

missing=()
if command -v dpkg-query >/dev/null; then
    present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
    for package in "${wanted[@]}"; do
        grep -qxF "installed $package" <<<"$present" || missing+=("$package")
    done
else
    missing=("${wanted[@]}")
fi
[ ${#missing[@]} -gt 0 ] || exit 0

echo "missing: ${missing[*]}"
if ! command -v apt-get >/dev/null; then
    echo "There is no apt-get here: please install them, or what corresponds to them, yourself." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root=(sudo)
    else
        echo "Please run as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
fi

# Packages ask policy-rc.d whether they may start their services; for a moment it says no.
policy=/usr/sbin/policy-rc.d
restore() {
    [ ! -v placed_policy ] || "${as_root[@]}" rm -f $policy
}
if [ ! -e $policy ]; then
    placed_policy=yes
    trap restore EXIT
    printf '#!/bin/sh\n# placed by install-deps.sh of usherd for a moment\nexit 101\n' |
        "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"

# Nor shall they start with the machine: here they are programs for tests.
if command -v systemctl >/dev/null; then
    for package in "${missing[@]}"; do
        [ "$package" != systemd ] || continue
        for unit in $(dpkg-query -L "$package" | grep -E '/systemd/system/[^/@]+\.(service|socket)$' || true); do
            "${as_root[@]}" systemctl disable --quiet "$(basename "$unit")" 2>/dev/null || true
        done
    done
fi

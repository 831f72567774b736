#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The shipped services: each is off, and switched on has no mistake, not even a warning.
# Usage: scripts/check-services.sh USHERD
set -euo pipefail
cd "$(dirname "$0")/.."

usherd=${1:?usage: $0 USHERD}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/off" "$directory/on"
status=0

for file in services.d/*; do
    name=$(basename "$file")
    case $name in
    CMakeLists.txt | usherd.conf) continue ;;
    esac
    cp "$file" "$directory/off/$name"
    services=$(grep -cE '^ *service\b' "$file")
    [ "$(grep -cE '^ *disable(:| +=) yes$' "$file")" -eq "$services" ] || {
        echo "$file: $services services, and not as many 'disable = yes'"
        status=1
    }
    # Programs that are not installed are stood for by one that is.
    sed -E 's/^( *disable(:| +=)) yes$/\1 no/' "$file" | while IFS= read -r line; do
        program=$(sed -nE 's/^ *server(:| +=) ([^ ]+)$/\2/p' <<<"$line")
        if [ -n "$program" ] && [ ! -x "$program" ]; then
            line=${line/"$program"/\/bin\/cat}
        fi
        printf '%s\n' "$line"
    done >"$directory/on/$name"
done

# expect NUMBER STATE: as many services with all files in that state.
expect() {
    local output
    sed "s|^includedir .*|includedir $directory/$2|" services.d/usherd.conf >"$directory/usherd.conf"
    if ! output=$("$usherd" --check=strict -f "$directory/usherd.conf" 2>&1) || ! grep -q "^$1 services, 0 dropped, 0 errors, 0 warnings\$" <<<"$output"; then
        printf 'all services %s, expected %s of them:\n%s\n' "$2" "$1" "$output"
        status=1
    fi
}
expect 0 off
expect "$(grep -hcE '^ *service\b' "$directory"/on/* | awk '{ n += $1 } END { print n }')" on
exit $status

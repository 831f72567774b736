#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# From a fresh clone to a running usherd: installs what is missing, builds it, and starts it on the
# shipped services, as you, on 127.0.0.1 and high ports, and shows what it does. Ctrl-C ends it.
# Everything it writes is in build/quickstart.
# Usage: scripts/quickstart.sh [--check]   --check: once, by itself; exits 0 if all went well
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

check=no
case ${1:-} in
'') ;;
--check) check=yes ;;
*)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac

fail() {
    echo "quickstart: $*" >&2
    if [ -s "$here/daemon.log" ]; then
        echo "--- what usherd said ($here/daemon.log):" >&2
        tail -n 30 "$here/daemon.log" >&2
    fi
    exit 1
}

here=$PWD/build/quickstart
case $here in
*[[:space:]]*) here=$(mktemp -d) ;; # values in the configuration hold no blanks
esac
rm -rf "$here"
mkdir -p "$here/services.d"

# --- Build.
scripts/install-deps.sh || fail "what usherd is built with is missing"
echo "Building usherd (the first time takes a few minutes) ..."
{
    cmake --preset release -DUSHERD_TESTS=OFF && cmake --build build/release --parallel "$(nproc)" --target usherd usherctl
} >"$here/build.log" 2>&1 || {
    tail -n 40 "$here/build.log" >&2
    fail "the build failed, see $here/build.log"
}
usherd=build/release/bin/usherd
usherctl="build/release/bin/usherctl --socket $here/status/sock"

# --- A configuration out of the shipped one: the same services, switched on, for this machine only.
configure() {
    sed -e "s|^\( *log_type *=\).*|\1 FILE $here/records|" \
        -e '/^{/a\    bind            = 127.0.0.1' \
        -e "s|^includedir .*|includedir $here/services.d|" services.d/usherd.conf >"$here/usherd.conf"
    for name in echo discard chargen daytime time git; do
        enable $name
    done
    # A service for others only: you are not in 192.0.2.0/24.
    cat >"$here/services.d/members" <<END
service daytime
{
    id          = members
    type        = INTERNAL UNLISTED
    socket_type = stream
    port        = 99
    wait        = no
    only_from   = 192.0.2.0/24
}
END
    git init -q --bare "$here/repositories/demo.git"
    commit=$(git -C "$here/repositories/demo.git" -c user.name=usherd -c user.email=usherd@localhost \
        commit-tree -m 'Served by git daemon, started by usherd' "$(git -C "$here/repositories/demo.git" hash-object -t tree -w /dev/null)")
    git -C "$here/repositories/demo.git" update-ref "$(git -C "$here/repositories/demo.git" symbolic-ref HEAD)" "$commit"
}
enable() {
    sed -e 's|\( disable *=\) yes|\1 no|' -e "s|\( user *=\).*|\1 $(id -un)|" \
        -e "s|/srv/git|$here/repositories|" "services.d/$1" >"$here/services.d/$1"
}

# A number to add to ports, so that all of them are free and above 1023.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
choose_ports() {
    for offset in 20000 22000 24000 26000 28000 30000; do
        local port
        for port in 7 9 13 19 37 99 9418; do
            port_is_free $((offset + port)) || continue 2
        done
        return 0
    done
    fail "no free ports between 20000 and 40000"
}

daemon=
stop() {
    trap - EXIT INT TERM
    if [ -n "$daemon" ] && kill -TERM "$daemon" 2>/dev/null; then
        wait "$daemon" || fail "usherd ended with status $?"
    fi
}
start() {
    "$usherd" --foreground --status-socket "$here/status/sock" --on-stop end --port-offset "$offset" -f "$here/usherd.conf" \
        >"$here/daemon.log" 2>&1 &
    daemon=$!
    trap stop EXIT
    trap 'echo; exit 0' INT TERM
    local deadline=$((SECONDS + 20))
    until grep -q 'Started working' "$here/daemon.log"; do
        kill -0 "$daemon" 2>/dev/null || { daemon=; fail "usherd did not start"; }
        [ $SECONDS -lt $deadline ] || fail "usherd does not start"
        sleep 0.1
    done
    ! grep -q 'bind failed' "$here/daemon.log" || fail "an address is taken"
}

# await COMPLAINT COMMAND...: until the command succeeds, at most 20 seconds.
await() {
    local complaint=$1 deadline=$((SECONDS + 20))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || fail "$complaint"
        sleep 0.1
    done
}

# show COMMAND PATTERN: runs it, shows it, and fails unless its output matches.
show() {
    local output
    echo "\$ ${1//"$PWD/"/}"
    output=$(timeout 20 bash -c "$1" 2>&1) || true
    output=${output//"$PWD/"/}
    awk '{ print "  " $0 }' <<<"$output"
    grep -Eq "$2" <<<"$output" || fail "that should have shown: $2"
}

tour() {
    echo
    echo "--- Served by usherd itself: the time of day, and an echo."
    show "cat < /dev/tcp/127.0.0.1/$((offset + 13))" '^[0-9]{2} [A-Z]{3} [0-9]{4} [0-9:]{8} '
    show "exec 3<>/dev/tcp/127.0.0.1/$((offset + 7)); echo hello >&3; head -n 1 <&3" '^hello$'
    echo "--- A program for each connection: git daemon, started when somebody clones."
    show "git ls-remote git://127.0.0.1:$((offset + 9418))/demo.git" 'refs/heads/'
    echo "--- Not for you: this service is for 192.0.2.0/24 only."
    show "cat < /dev/tcp/127.0.0.1/$((offset + 99)); echo connection closed" 'connection closed'
    echo "--- What the log says of it."
    await "no EXIT record of git" grep -q ': EXIT: git status=0 ' "$here/records"
    show "cat $here/records" '^.*: FAIL: members address from=127\.0\.0\.1$'
    grep -Eq ': START: git pid=[0-9]+ from=127\.0\.0\.1$' "$here/records" || fail "no START record of git"
    echo "--- Why was that one refused? usherctl asks the running daemon."
    show "$usherctl explain members 127.0.0.1" '^refused: address$'
    echo "--- A mistake in a file, found before it hurts; the others are served all the same."
    sed 's|per_source.*||; s|^{|&\n    instancs    = 5\n    nice        = soon|' "$here/services.d/git" >"$here/services.d/mistake"
    show "$usherd --check -f $here/usherd.conf" 'mistake:[0-9]+:[0-9]+: '
    rm "$here/services.d/mistake"
    echo "--- A service less, without a restart."
    rm "$here/services.d/echo"
    kill -HUP "$daemon"
    await "usherd has not reloaded" grep -q Reconfigured "$here/daemon.log"
    await "echo is still there after SIGHUP" port_is_free $((offset + 7))
    show "grep Reconfigured $here/daemon.log" 'Reconfigured: new=0 '
    port_is_free $((offset + 13)) && fail "daytime is gone after SIGHUP"
    return 0
}

configure
"$usherd" --check -f "$here/usherd.conf" || fail "the shipped configuration has mistakes"
choose_ports
start
tour
echo
if [ $check = yes ]; then
    stop
    echo "quickstart: everything works"
    exit 0
fi
cat <<END
usherd (pid $daemon) is running. Try, in another terminal:

    cat < /dev/tcp/127.0.0.1/$((offset + 13))
    tail -f $here/records
    $usherctl top
    \$EDITOR $here/services.d/daytime && kill -HUP $daemon

Its configuration is $here/usherd.conf; man ./man/usherd.conf.5 explains it.
Ctrl-C ends it.
END
wait "$daemon"

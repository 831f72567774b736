#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The integration tests with usherd and usherctl under valgrind: a read of what was never written, a
# wrong free, a block that nothing points to any more fails the test it happens in.
# usage: scripts/valgrind.sh [CTEST_OPTION...]     e.g. -R integration.cps
#
# Builds without sanitizers in build/valgrind; the programs in its wrapped/ start those in its bin/.
# Handlers, and the helper that asks libwrap, are what they are without valgrind. Everything takes some
# twenty times as long: what a test says of a rate or of a delay is not what is asked here.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || { echo "valgrind is missing (Debian: apt install valgrind)" >&2; exit 1; }
build=$PWD/build/valgrind
log=build/logs/valgrind-tests.log
mkdir -p build/logs "$build/wrapped"

cmake --preset dev -B "$build" -DUSHERD_PRECOMPILE=ON -DUSHERD_TESTS=ON -DUSHERD_UNIT_TESTS=OFF \
    -DUSHERD_TEST_TIMEOUT=3600 -DCMAKE_CXX_FLAGS=-DUSHERD_LIBRARY_CALLS >/dev/null
cmake --build "$build" --parallel "$(nproc)" \
    --target usherd usherctl usherd-test-probe usherd-slot-handler usherd-valgrind

for program in "$build"/bin/*; do
    ln -sfn "$program" "$build/wrapped/${program##*/}"
done
# By the name it was called by: usherd takes xinetd's options from that.
mkdir -p "$build/named"
ln -sfn "$build/bin/usherd" "$build/named/xinetd"
for name in usherd usherctl; do
    ln -sfn "$build/bin/$name" "$build/named/$name"
    rm -f "$build/wrapped/$name"
    cat >"$build/wrapped/$name" <<EOF
#!/bin/sh
LD_PRELOAD=$build/bin/libusherd-valgrind.so exec valgrind -q --vgdb=no \\
    --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
    --log-file=/tmp/sanitizer/valgrind.%p "$build/named/\${0##*/}" "\$@"
EOF
    chmod +x "$build/wrapped/$name"
done

export USHERD_ITEST_WRAPPED=$build/wrapped
status=0
ctest --test-dir "$build" -L integration --parallel "$(nproc)" --output-on-failure \
    --no-tests=error "$@" 2>&1 | tee $log || status=$?
echo "valgrind: said something in $(grep -c 'sanitizer:' $log || true) tests"
exit $status

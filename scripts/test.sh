#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Everything that must be green before a change lands; CI runs nothing else.
#   scripts/test.sh         what the tests need, the checks, then every test under the address and
#                           undefined sanitizers, those that need the daemon in a release build too,
#                           and every fuzz target for 20 seconds
#   scripts/test.sh quick   the checks, unit and golden tests of a debug build; under a minute
#   scripts/test.sh lint    the checks: format, layering, sizes, manual pages, tests that are named, shell and Python
# Logs are in build/logs; what fails is shown. Ends with `N passed, N failed`; exits 1 if any did.
set -euo pipefail
cd "$(dirname "$0")/.."

export LC_ALL=C.UTF-8
logs=build/logs
mkdir -p $logs
jobs=$(nproc)
passed=0
failed=0
summaries=()
started=$SECONDS
if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
    # Without it a file with precompiled headers is never found again.
    export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
fi

say() { printf '== %s (%d s)\n' "$*" $((SECONDS - started)); }

# run NAME COMMAND...: quiet unless it fails; counts as one.
run() {
    local name=$1 status=0
    shift
    "$@" >"$logs/$name.log" 2>&1 || status=$?
    judge "$name" $status
}

# begin NAME COMMAND...: beside what comes next, and after it in rank. end NAME: waits for it; counts as one.
declare -A begun=()
begin() {
    local name=$1
    shift
    (renice -n 19 $BASHPID && "$@") >"$logs/$name.log" 2>&1 &
    begun[$name]=$!
}
end() {
    local status=0
    wait "${begun[$1]}" || status=$?
    judge "$1" $status
}

judge() {
    local name=$1
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        say "$name: ok"
    else
        failed=$((failed + 1))
        summaries+=("$name: failed")
        say "$name: FAILED, $logs/$name.log:"
        # Of a build, what the compiler says about the first mistakes.
        { grep -nE -A12 '(^|[ :])(fatal )?(error|Error)[: ]|FAILED:' "$logs/$name.log" || tail -n 60 "$logs/$name.log"; } |
            head -n 120
        return 1
    fi
}

shell_scripts() {
    command -v shellcheck >/dev/null || { echo "shellcheck is missing: scripts/install-deps.sh --tests"; return 1; }
    git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run | xargs -0 -r shellcheck
}

lint() {
    run format scripts/check-format.sh || true
    run layering scripts/check-layering.sh || true
    run sizes scripts/check-sizes.sh || true
    run manual scripts/check-man.sh || true
    run references scripts/check-references.sh || true
    run shell shell_scripts || true
    run python scripts/check-python.sh || true
}

# Cases inside the test programs: what Catch2 and unittest say of themselves, from ctest's log. A
# program that fails without a word of its own (a crash, a time-out) counts as one failed case.
count_cases() {
    awk '
    function finish() { if (name != "") { p += ok; f += (bad || !gone_wrong) ? bad : 1 } }
    /^[0-9]+\/[0-9]+ (Testing|Test): / { finish(); name = $3; ok = bad = gone_wrong = known = 0 }
    /^Command: ""$/ { gone_wrong = known = 1 } # the program is not there
    /^All tests passed \(/ { ok += $(NF - 2); known = 1 }
    /^test cases: / {
        for (i = 1; i < NF; i++) {
            if ($(i + 1) == "passed") ok += $i
            if ($(i + 1) == "failed") bad += $i
        }
        known = 1
    }
    /^Ran [0-9]+ tests? in / { ran = $2; known = 1 }
    /^OK( \(|$)/ && ran != "" { ok += ran - number("skipped"); left_out += number("skipped"); ran = "" }
    /^FAILED \(/ && ran != "" {
        wrong = number("failures") + number("errors")
        bad += wrong
        ok += ran - wrong - number("skipped")
        left_out += number("skipped")
        ran = ""
    }
    function number(word) { return match($0, word "=[0-9]+") ? substr($0, RSTART + length(word) + 1, RLENGTH - length(word) - 1) + 0 : 0 }
    /^Test Passed\.$/ { if (!known) ok = 1 }
    /^Test Failed\.$|^Test time out|^Test not run|\*\*\*(Exception|Timeout|Not Run|Failed)/ { gone_wrong = 1 }
    END { finish(); print p + 0, f + 0, left_out + 0 }' "$1"
}

# build PRESET [OPTION...]: configure and build.
build() {
    local preset=$1
    shift
    cmake --preset "$preset" -DUSHERD_TESTS=ON -DUSHERD_PRECOMPILE=ON "$@"
    cmake --build "build/$preset" --parallel "$jobs"
}

# suite PRESET [CTEST_OPTION...]: run the tests.
suite() {
    local preset=$1 cases_passed cases_failed cases_skipped line
    shift
    say "$preset: tests"
    # They wait more than they work.
    if ! ctest --test-dir "build/$preset" --parallel $((jobs * 2)) --output-on-failure --no-tests=error "$@" 2>&1 |
        tee "$logs/$preset-tests.log"; then
        say "$preset: FAILED, $logs/$preset-tests.log"
    fi
    line=$(grep -E '^[0-9]+% tests passed' "$logs/$preset-tests.log" || echo "no tests were run")
    read -r cases_passed cases_failed cases_skipped < <(count_cases "build/$preset/Testing/Temporary/LastTest.log")
    # Whatever the cases say, a failed program is a failure.
    case $line in
    *', 0 tests failed '*) ;;
    *) [ "$cases_failed" -gt 0 ] || cases_failed=1 ;;
    esac
    passed=$((passed + cases_passed))
    failed=$((failed + cases_failed))
    summaries+=("$preset: $line: $cases_passed cases passed, $cases_failed failed, $cases_skipped skipped")
}

case ${1:-all} in
lint) lint ;;
quick)
    lint
    if run dev-build build dev -DUSHERD_UNIT_TESTS=ON; then
        suite dev -L 'unit|golden'
    fi
    ;;
all)
    scripts/install-deps.sh --tests
    lint
    run cppcheck scripts/check-cppcheck.sh || true
    # Tests wait more than they work: the next build has what they leave.
    run release-build build release -DUSHERD_UNIT_TESTS=OFF && built=yes || built=no
    begin asan-build build asan -DUSHERD_UNIT_TESTS=ON
    [ "$built" = no ] || suite release
    end asan-build && built=yes || built=no
    begin fuzz-build scripts/fuzz.sh --build
    # Two minutes of soak are enough, and sanitizers keep memory.
    [ "$built" = no ] || suite asan -LE soak
    if end fuzz-build; then
        run fuzz scripts/fuzz.sh --smoke || true
    fi
    ;;
*)
    echo "usage: $0 [quick | lint]" >&2
    exit 2
    ;;
esac

echo
[ ${#summaries[@]} -eq 0 ] || printf '%s\n' "${summaries[@]}"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the fuzz targets with libFuzzer under the address and undefined sanitizers: all of them in
# turn, or the one named.
#
# usage: scripts/fuzz.sh [SECONDS] [TARGET]        (60 seconds each)
#
# Starts from tests/fuzz/seeds, past crashes, the golden inputs, and, where they are found, the files
# of USHERD_CORPUS (a directory; default ../shared/corpus beside the checkout). What it learns stays
# in build/fuzz/corpus. Ends with executions and coverage of each target; exits 1 if one crashed, hung
# or ran out of memory: the input is then in build/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
targets=(xinetd yaml inetd address times tcpmux request ident)
[ $# -lt 2 ] || targets=("$2")
third_party=${USHERD_CORPUS:-../shared/corpus}
build=build/fuzz

# The directories of inputs for a target; they are read, not written.
inputs_of() {
    local target=$1 directory
    for directory in tests/fuzz/seeds/"$target" tests/fuzz/crashes/"$target" $build/inputs/"$target"; do
        [ ! -d "$directory" ] || echo "$directory"
    done
}

# Whole files of the golden tests and of the corpus, by the syntax they are in.
gather() {
    rm -rf $build/inputs
    mkdir -p $build/inputs/xinetd $build/inputs/yaml $build/inputs/inetd
    local file name number=0
    while IFS= read -r -d '' file; do
        number=$((number + 1))
        name=$number-$(basename "$file")
        case $file in
            */inetd.conf | */inetd.conf/*) cp "$file" $build/inputs/inetd/"$name" ;;
            *.yaml|*.yml) cp "$file" $build/inputs/yaml/"$name" ;;
            *) cp "$file" $build/inputs/xinetd/"$name" ;;
        esac
    done < <(
        [ ! -d tests/golden ] || find tests/golden -path '*/in/*' -type f -size -64k -print0
        [ ! -d "$third_party" ] ||
            find "$third_party"/inetd.conf "$third_party"/xinetd.conf "$third_party"/xinetd.d "$third_party"/derived/xinetd.d \
                -type f -size -64k -print0
    )
}

fuzz() {
    local target=$1 status=0 log=$build/logs/$1.log
    local -a inputs
    mkdir -p $build/corpus/"$target" $build/artifacts $build/logs
    mapfile -t inputs < <(inputs_of "$target")
    $build/bin/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -dict=tests/fuzz/dictionaries/"$target".dict \
        -print_final_stats=1 -artifact_prefix=$build/artifacts/"$target"- \
        $build/corpus/"$target" "${inputs[@]}" >"$log" 2>&1 || status=$?
    # The last status line, `#12345 DONE cov: 678 ft: 910 corp: …`, and the number of executions.
    local executions coverage
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1 || true)
    echo "$target: ${executions:-?} executions, ${coverage:-no coverage}"
    if [ $status -ne 0 ]; then
        echo "$target: FAILED, $log:" >&2
        grep -aE -A25 'broken promise|ERROR: |runtime error' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
    fi
    return $status
}

cmake --preset fuzz >/dev/null
cmake --build $build --target fuzz_programs
gather
failed=0
for target in "${targets[@]}"; do
    fuzz "$target" || failed=1
done
exit $failed

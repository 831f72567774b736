#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the fuzz targets with libFuzzer under the address and undefined sanitizers, as many at a time
# as USHERD_FUZZ_JOBS says (default: one for each processor).
#
# usage: scripts/fuzz.sh HOURS [TARGET...]         all of them (or those named) share so many hours
#        scripts/fuzz.sh --seconds N [TARGET...]   so many seconds for each
#        scripts/fuzz.sh --smoke                   20 seconds for each, as in CI
#        scripts/fuzz.sh --build                   only builds them
#
# Starts from tests/fuzz/seeds, past crashes, the golden inputs, and, where they are found, the files
# of USHERD_CORPUS (a directory; default ../shared/corpus beside the checkout). What it learns stays
# in build/fuzz/corpus. Says executions, edges and corpus of each target; exits 1 if one crashed, hung
# or ran out of memory: the input is then in build/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

all=(xinetd yaml inetd address times tcpmux request ident wrapper hosts log)
third_party=${USHERD_CORPUS:-../shared/corpus}
build=build/fuzz
jobs=${USHERD_FUZZ_JOBS:-$(nproc)}

usage() {
    sed -n 's/^# \{0,1\}//; /^usage:/,/^$/p' "$0"
    exit "$1"
}

seconds='' hours='' only_build=no
case ${1:-} in
-h | --help) usage 0 ;;
--smoke) seconds=20; shift ;;
--build) only_build=yes seconds=20; shift ;;
--seconds) seconds=${2:-}; shift; shift || usage 2 ;;
*) hours=${1:-}; shift || usage 2 ;;
esac
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
if [ -z "$seconds" ]; then
    seconds=$(awk -v hours="$hours" -v jobs="$jobs" -v count=${#targets[@]} 'BEGIN {
        if (hours + 0 <= 0) exit 1
        if (jobs > count) jobs = count
        printf "%d", hours * 3600 * jobs / count }') || usage 2
fi
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage 2

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
    local target=$1 status=0 log=$build/logs/$1.log executions reached
    local -a inputs
    mkdir -p $build/corpus/"$target" $build/artifacts $build/logs
    mapfile -t inputs < <(inputs_of "$target")
    # The clock of -timeout is that of the wall: a busy machine is no hang.
    $build/bin/fuzz_"$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -max_len=8192 -dict=tests/fuzz/dictionaries/"$target".dict \
        -print_final_stats=1 -artifact_prefix=$build/artifacts/"$target"- \
        $build/corpus/"$target" "${inputs[@]}" >"$log" 2>&1 || status=$?
    # The last status line, `#12345 DONE cov: 678 ft: 910 corp: …`, and the number of executions.
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    reached=$(grep -aoE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -n 1 || true)
    echo "$target: ${executions:-?} executions, ${reached:-no coverage}"
    if [ $status -ne 0 ]; then
        echo "$target: FAILED, $log:" >&2
        grep -aE -A25 'broken promise|ERROR: |runtime error' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
    fi
    return $status
}

cmake --preset fuzz -DUSHERD_PRECOMPILE=ON >/dev/null
cmake --build $build --target fuzz_programs
[ $only_build = no ] || exit 0
gather
failed=0
running=0
for target in "${targets[@]}"; do
    if [ $running -ge "$jobs" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit $failed

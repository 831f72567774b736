#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The alert rules, by promtool (Debian: prometheus), with their tests; and that the rules and the
# dashboard ask for no metric that the daemon does not have.
# Usage: scripts/check-monitoring.sh [METRICS]   METRICS: a file with what GET /metrics answers
set -euo pipefail
cd "$(dirname "$0")/monitoring"

metrics=${1:-}
python3 -m json.tool grafana-dashboard.json >/dev/null
if command -v promtool >/dev/null; then
    promtool check rules usherd.rules.yml
    promtool test rules usherd.rules.test.yml
else
    echo "promtool is missing: the rules are not checked; see scripts/install-deps.sh --tests" >&2
    [ -z "${CI:-}" ] || exit 1
fi

[ -n "$metrics" ] || exit 0
known=$(sed -nE 's/^# TYPE ([a-z_]+) .*/\1/p' "$metrics")
status=0
while read -r name; do
    family=${name%_bucket}
    case $family in
    process_limit) continue ;; # a reason, not a metric
    esac
    grep -qxF "$family" <<<"$known" || { echo "no metric $name in $metrics"; status=1; }
done < <(grep -ohE '\b(usherd|process)_[a-z_]+' usherd.rules.yml grafana-dashboard.json | LC_ALL=C sort -u)
exit $status

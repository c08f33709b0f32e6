#!/usr/bin/env bash
# One scheduled run: freshness, build, one retry; what dbt wrote is kept; somebody is told when it failed.
#
#   DBT                   the dbt to call (default: dbt)
#   DBT_PROJECT_DIR       the project (default: the current folder)
#   ARTIFACTS_DIR         where logs and artifacts are kept, a folder per run (default: target/runs)
#   ALERT_COMMAND         called with one line of text when the run needs a person
#   BUILD_ARGUMENTS       of `dbt build` (default: none)
#
# Ends with 0 when all is well, 1 when models or tests failed, 2 when a source is too old to be believed
# (the build was made all the same), 3 when dbt could not start.
set -uo pipefail

dbt=${DBT:-dbt}
project=${DBT_PROJECT_DIR:-$PWD}
started=$(date -u +%Y-%m-%dT%H%M%SZ)
run_dir=${ARTIFACTS_DIR:-$project/target/runs}/$started
mkdir -p "$run_dir"
cd "$project" || exit 3
export DBT_LOG_PATH=$run_dir DBT_SEND_ANONYMOUS_USAGE_STATS=false

target=${DBT_TARGET_PATH:-target}
keep() {
    for name in manifest run_results sources; do
        if [[ -f $target/$name.json ]]; then
            cp "$target/$name.json" "$run_dir/$1-$name.json"
        fi
    done
}

tell() {
    echo "$1" >&2
    if [[ -n ${ALERT_COMMAND:-} ]]; then
        $ALERT_COMMAND "$1" || echo "the alert could not be sent" >&2
    fi
}

"$dbt" --quiet parse > "$run_dir/parse.txt" 2>&1 || {
    cat "$run_dir/parse.txt" >&2
    tell "segment_experiments: dbt could not start ($started): see $run_dir"
    exit 3
}

fresh=yes
"$dbt" source freshness || fresh=no
keep freshness

# shellcheck disable=SC2086 # the arguments are words
"$dbt" build ${BUILD_ARGUMENTS:-}
built=$?
keep build
if ((built != 0)); then
    # Only what failed, and what was skipped for it: a warehouse that was busy has come back by now.
    sleep "${RETRY_AFTER_SECONDS:-60}"
    "$dbt" retry
    built=$?
    keep retry
fi

if ((built != 0)); then
    tell "segment_experiments: models or tests failed ($started): see $run_dir"
    exit 1
fi
if [[ $fresh == no ]]; then
    tell "segment_experiments: a source is stale ($started): see $run_dir"
    exit 2
fi

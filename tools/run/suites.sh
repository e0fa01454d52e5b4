# SPDX-License-Identifier: Apache-2.0
#
# The test suites, each of which writes a JUnit file or a count file into $results, from which the
# totals are printed. Sourced by ./run.

FUZZ_SMOKE_SECONDS=5  # per target, in ./run test

results=""
open_results() {
    results=$(mktemp -d "${TMPDIR:-/tmp}/rollcall-run.XXXXXX")
    trap 'rm -rf "$results"' EXIT
}
suite_ctest() {
    local command=(ctest --test-dir "build/$1" -j "$JOBS" -LE interop --output-on-failure --no-tests=error
        --output-junit "$results/ctest-$1.xml")
    if [[ -t 1 ]]; then
        "${command[@]}" --progress || true
    else
        # In a log, omit the lines of passed tests.
        "${command[@]}" | grep -vE '^ *Start +[0-9]+: | Passed +[0-9.]+ sec' || true
    fi
}
# The files are independent and mostly wait for timeouts, so several run concurrently; the output of
# each is printed when it ends. With arguments: a single pytest with direct output.
INTEROP_AT_ONCE=4
suite_interop() {
    command -v serf >/dev/null || note "serf is not installed: skipping tests that need it (./run deps)"
    export ROLLCALL_BIN="$PWD/build/release/bin/rollcall"
    if (($# > 0)); then
        /usr/bin/python3 -m pytest tests/interop -rs -p no:cacheprovider \
            --junitxml="$results/interop.xml" "$@" || true
        return
    fi
    # shellcheck disable=SC2016
    printf '%s\n' tests/interop/test_*.py | xargs -P "$INTEROP_AT_ONCE" -I{} bash -c '
        name=$(basename "$2" .py)
        /usr/bin/python3 -m pytest "$2" -q -rs -p no:cacheprovider \
            --junitxml="$1/interop-$name.xml" >"$1/$name.log" 2>&1
        flock "$1" cat "$1/$name.log"
        [[ -e $1/interop-$name.xml ]] || echo "$name 0 1 0" >"$1/interop-$name.count"
        ' interop "$results" {} || true
}
# One libFuzzer target: new inputs stay in build/, the corpus in the tree is not changed.
fuzz_one() {
    local name=$1 seconds=$2
    mkdir -p "build/fuzz/found/$name" "build/fuzz/crashes"
    local folders=("build/fuzz/found/$name")
    if [[ -d "tests/fuzz/$name" ]]; then folders+=("tests/fuzz/$name"); fi
    "build/fuzz/bin/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-" "${folders[@]}" >"$results/$name.log" 2>&1
}
suite_fuzz() {
    local seconds=$1 names=() name passed=0 failed=0 executions all=0
    for name in tests/fuzz/*_fuzz.cpp; do
        [[ -e $name ]] || continue
        names+=("$(basename "$name" .cpp)")
    done
    ((${#names[@]} > 0)) || fail "no target in tests/fuzz"
    build fuzz "${names[@]}"
    for name in "${names[@]}"; do
        if timed "fuzzing $name for $seconds s" fuzz_one "$name" "$seconds"; then
            passed=$((passed + 1))
            executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$results/$name.log")
            note "$executions executions, $((executions / seconds)) a second"
            all=$((all + executions))
        else
            failed=$((failed + 1))
            tail -n 40 "$results/$name.log"
            note "the input is saved as build/fuzz/crashes/$name-*"
        fi
    done
    note "$all executions in all"
    echo "fuzz $passed $failed 0" >"$results/fuzz.count"
}
# Prints the totals. A suite without a result has failed.
close_results() {
    say "results after $((SECONDS - STARTED)) s"
    python3 tools/summary.py "$results" "$@"
}

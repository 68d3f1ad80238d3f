#!/bin/bash
# The programs of docs/examples, in both worlds: the defects are found, shrunk and replayed, the
# corrected forms are clean after all runs. Arguments: the tutti command, then the programs.
set -uo pipefail

TUTTI=$PWD/$1
EXAMPLES=$PWD/docs/examples
. tests/expect.sh
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1

real_world() {
    for program in semaphore_lost_wakeup semaphore_fixed pool_leak pool_fixed two_way_proxy \
        supervisor gather_as_they_come cache_hit cache_hit_fixed lost_update; do
        expect 0 "$EXAMPLES/${program}_real"
        says ': ok$'
        expect 0 "$EXAMPLES/$program" run # the plain run, simulated
    done
}

# finds PROGRAM VERDICT: explore, then replay a hundred times, from another directory
finds() {
    local program=$1 list others
    expect 1 "$TUTTI" explore "$EXAMPLES/$program" --cancel=1 --trace="$program.jsonl"
    says "found in run [0-9]+: .*($2)"
    says 'verified'
    says '1 cancellation'
    says '^replay it:'
    says '^its tree:'
    says '^its lanes:'
    says '^its page: .* -o run.html$'
    list=$(sed -n 's/^choice list: //p' <<<"$output")
    others=$(sed -n 's/^shrunk:.* \([0-9]*\) other.*/\1/p' <<<"$output")
    [ -n "$others" ] && [ "$others" -le 3 ] || fail "$program: more than three other choices: $list"
    mkdir -p elsewhere
    cp "$program.jsonl" elsewhere/
    cd elsewhere || exit 1
    expect 1 "$TUTTI" replay "$program.jsonl" "$EXAMPLES/$program" --times=100
    says 'identical'
    for ((i = 0; i < 100; i++)); do # a process of its own each, so that addresses differ
        expect 1 "$TUTTI" replay "$program.jsonl" "$EXAMPLES/$program"
        says '^identical, '
    done
    expect 1 "$TUTTI" replay "$list" "$EXAMPLES/$program" --trace=again.jsonl
    cmp <(tail -n +2 "$program.jsonl") <(tail -n +2 again.jsonl) || fail "$program: other bytes"
    cd ..
    expect 0 "$TUTTI" trace check "$program.jsonl"
    # a line that is too wide goes on below, and nothing is left out
    expect 0 "$TUTTI" trace tree "$program.jsonl" --width=60
    [ "$(wc -L <<<"$output")" -le 60 ] || fail "wider than 60 columns: $output"
    says '^    +at docs/examples/[a-z_]+\.[ch]:[0-9]+'
    folded=$(tr -s ' \n' '  ' <<<"$output")
    expect 0 "$TUTTI" trace tree "$program.jsonl"
    [ "$folded" = "$(tr -s ' \n' '  ' <<<"$output")" ] || fail "not the same: $folded"
    expect 0 "$TUTTI" trace lanes "$program.jsonl"
    expect 0 "$TUTTI" trace html "$program.jsonl" -o run.html
    expect 0 "$TUTTI" trace cat "$program.jsonl"
}

# clean PROGRAM RUNS: all runs with one cancellation, so many
clean() {
    expect 0 "$TUTTI" explore "$EXAMPLES/$1" --cancel=1
    says "^complete: $2 runs"
}

# A hit of the cache is no checkpoint: no run fails, and the audit tells in which run it shows.
audits() {
    local command
    expect 0 "$TUTTI" explore "$EXAMPLES/cache_hit"
    says_not 'audit'
    expect 1 "$TUTTI" explore "$EXAMPLES/cache_hit" --audit
    says '^complete: '
    says '^audit: [0-9,]+ calls of 2 functions with TUTTI_ASYNC$'
    says 'cache_hit.c:[0-9]+: cache_get returned success without being a checkpoint \(neither'
    says_not 'page_fetch'
    command=$(sed -n 's/^  in the run //p' <<<"$output")
    expect 1 bash -c "$command"
    says 'ok$'
    says 'cache_get returned success .* in 1 of [12] successful calls$'
    expect 0 "$TUTTI" replay '1;step;none;c1;' "$EXAMPLES/cache_hit" --audit
    says '^audit: 4 calls of 2 functions with TUTTI_ASYNC: each that succeeded was a checkpoint$'
    # Several processes see together what one sees, though each run may have a process of its own.
    for way in --strategy=dfs "--strategy=random --runs=300" \
        "--strategy=random --runs=60 --isolate=fork"; do
        # shellcheck disable=SC2086 # several words
        expect 1 "$TUTTI" explore "$EXAMPLES/cache_hit" --audit $way
        command=$(grep -A2 '^audit' <<<"$output")
        # shellcheck disable=SC2086
        expect 1 "$TUTTI" explore "$EXAMPLES/cache_hit" --audit $way --jobs=3
        [[ $(grep -A2 '^audit' <<<"$output") == "$command" ]] || fail "the audit of three jobs"
    done
    expect 0 "$TUTTI" explore "$EXAMPLES/cache_hit_fixed" --audit
    says 'each that succeeded was a checkpoint$'
    expect 0 "$TUTTI" explore "$EXAMPLES/pool_fixed" --audit
    says '^audit: 0 calls of 0 functions'
}

# What tasks share is seen: two orders; and with threads' rules a booking is lost.
shares() {
    expect 0 "$TUTTI" explore "$EXAMPLES/lost_update" --strategy=dpor --cancel=0
    says '^complete: 2 traces, 0 blocked '
    says '^not seen: what is touched by snprintf$'
    expect 1 "$TUTTI" explore "$EXAMPLES/lost_update" --access-points --cancel=0
    says 'check failed: account.balance == 3'
    expect 1 "$TUTTI" replay "$(sed -n 's/^choice list: //p' <<<"$output")" "$EXAMPLES/lost_update"
    says 'check failed: account.balance == 3'
}

# holds PROGRAM TEST...: each in so many runs with a cancellation
holds() {
    local program=$1 test
    shift
    for test in "$@"; do
        expect 0 "$TUTTI" explore "$EXAMPLES/$program" --test="$test" --cancel=1 \
            --strategy=random --runs=2000
    done
}

real_world
holds two_way_proxy conversation half_close peer_gone
holds supervisor propagate drain drain_too_slow kill_all
holds gather_as_they_come as_they_come enough one_fails
finds semaphore_lost_wakeup deadlock
finds pool_leak 'deadlock|left behind'
clean semaphore_fixed 156
clean pool_fixed 28
audits
shares
expect 0 "$TUTTI" explore "$EXAMPLES/semaphore_lost_wakeup" --cancel=0
says '^complete: '
# a trace of another program
expect 2 "$TUTTI" replay pool_leak.jsonl "$EXAMPLES/semaphore_lost_wakeup"
says 'pool_leak'
exit $((failures > 0))

#!/bin/bash
# main() of rehearsed programs: its commands, options, exit codes, and what it says.
# Arguments: the program made of sim_cases.c, and those made of page_cases.c for both worlds.
set -uo pipefail

PROGRAM=$PWD/$1
CASES=$PWD/$2
CASES_REAL=$PWD/$3
. tests/expect.sh
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1

# runs CODE ARGUMENT...: expect of the program
runs() {
    local wanted=$1
    shift
    expect "$wanted" "$PROGRAM" "$@"
}

# bad TEXT ARGUMENT...: one line on standard error, exit code 2, nothing was run
bad() {
    local text=$1
    shift
    runs 2 "$@"
    says "$text"
    [ "$(wc -l <<<"$output")" -eq 1 ] || fail "more than one line: $* $output"
}

plain_runs() {
    runs 1 # one of the tests always fails
    says '^clean: ok$'
    says '^assert: ok$'
    says '^random: error: .*number'
    says '^seed 0x1$'
    runs 1 run --test=random --seed=7 --quiet
    says_not '^seed'
    says '^replay it: .* --test=random --seed=0x7$'
    runs 0 run --test=clean
    says '^clean: ok$'
    says_not 'assert'
    runs 0 run --test=input <<<'not for tests'
    runs 0 --list
    says '^clean  nothing is wrong$'
    says '^crash$'
    runs 0 --help
    says '^example: '
}

searches() {
    runs 0 explore
    says '^test clean, the first'
    says '^seed 0x1$'
    says '^strategy auto '
    says '^plain: one run'
    says '^complete: 6 runs \(step mode, at most 1 cancellation, choices of run,user\)$'
    says '^cancel points reached 0, cancelled at 0$'
    says ', at most [0-9.]+ MB$'
    runs 0 explore --quiet --cancel=0 --test=clean
    [ "$output" = 'complete: 6 runs (step mode, at most 0 cancellations, choices of run,user)' ] ||
        fail "$output"
    runs 0 explore --strategy=dfs
    says '^complete: 6 runs'
    says_not 'plain'
    runs 0 explore --isolate=fork
    says '^complete: 6 runs'
    for bound in --max-runs=100 --max-time=0.2 --strategy=random\ --runs=5 --strategy=plain \
        --strategy=dfs\ --runs=100 --strategy=portfolio\ --max-time=0.2; do
        # shellcheck disable=SC2086 # two options
        runs 0 explore --test=endless $bound
        says '^partial: '
        says_not '^complete'
    done
    runs 0 explore --test=scope --cancel=2
    says '^cancels: the plain run cancelled at each of its 8 cancel points$'
    says '^cancel points reached 8, cancelled at 8, pairs 8 of 8$'
    says '^cancels: the plain run cancelled twice, at each pair of 8 cancel points$'
    runs 0 explore --test=scope --cancel=2 --strategy=dfs --jobs=3
    says '^strategy dfs .* 3 jobs, '
    says '^complete: 17 runs'
    says '^cancel points reached 8, cancelled at 8, pairs 8 of 8$'
    runs 1 explore --test=assert --strategy=dfs --jobs=2
    says '^found in run [0-9]+: check'
    says '^\(the first that one of 2 jobs found: another time it may be another\)$'
    runs 1 explore --test=crash --jobs=0
    says '^found in run [0-9]+: crash'
    for strategy in delays preemptions cancels cleanup deadlines; do
        runs 0 explore --strategy=$strategy --test=scope --cancel=2
        says '^bounded: [0-9]+ runs? .*nothing found'
        says_not '^complete'
    done
    runs 0 explore --strategy=pct --bound=2 --runs=50
    says '^partial: 50 runs .*--runs reached$'
    runs 1 explore --strategy=dfs --test=global
    says '^found in run 2: not deterministic: choice 1 had 2 options and has now 3, '
    says ' asked by main #1'
    says '\(likely: it goes by the time, .* or by a variable that the run before changed\)$'
    says '^likely cause: state left in globals .*two runs in processes of their own are the same'
    says -- '--isolate=fork'
    says_not '^replay it'
    runs 1 explore --strategy=dfs --test=moody
    says '^found in run 2: not deterministic: '
    says '^the traces differ in line '
    says '^likely cause: the program reads time, random numbers or addresses around tutti$'
    says_not 'globals'
    runs 0 explore --test=global --isolate=fork
    says '^complete: 2 runs'
    runs 1 explore --test=pid
    says '^not deterministic: two replays'
    says '^  the first: '
    says '^likely cause: the program reads time, random numbers or addresses around tutti$'
    says_not 'globals|tutti-[A-Za-z0-9]{6}|^replay it'
}

findings() {
    runs 1 explore --test=assert --quiet
    says '^found in run 3: check' # the plain run, and then two of depth first
    runs 1 explore --test=assert --strategy=dfs
    says '^found in run 2: check failed: 0x4 != 0x5$'
    says '^  at .*sim_cases.c:25$'
    says '^printed by the test$'
    says '^shrunk: 3 choices -> 3: 0 cancellations, 1 other'
    says '^verified'
    says '^choice list: 1;step;run,user;c1;0.0.1$'
    says "^replay it: .* replay '1;step;run,user;c1;0.0.1' --test=assert$"
    [ -s sim_cases.assert.trace.jsonl ] || fail "no trace of its own"
    runs 1 explore --test=crash --trace=crash.jsonl
    says '^found in run 3: crash: SIGSEGV .*in task "first" #4$'
    says '^verified'
    says '^  in crash'
    [ -s crash.jsonl ] || fail "no trace of the crash"
    runs 1 explore --test=hang --hang=0.3
    says '^found in run 3: never yields: .*in task "first" #4'
    says '^  in hang'
    runs 1 explore --test=random --seed=0x7
    says ' --seed=0x7$'
    runs 1 explore --test=random --seed=0x7 --quiet
    says ' --seed=0x7$'
    runs 1 explore --test=deep --stack=65536
    says '^replay it: .* --test=deep --stack=65536$'
    runs 0 run --test=deep --stack=1048576
    says '^deep: ok$'
    runs 2 explore --test=assert --trace=. # no plain file
    output=$(TUTTI_COMMAND=/opt/t/tutti "$PROGRAM" explore --test=assert 2>&1)
    says "^replay it:   /opt/t/tutti replay '1;step;run,user;c1;0.0.1' .* --test=assert$"
    says '^its tree:   /opt/t/tutti trace tree sim_cases.assert.trace.jsonl$'
}

# The disk is full: no trace is longer than 1 KiB.
no_room() {
    trap '' XFSZ
    ulimit -f 1
    runs 1 explore --test=assert --trace=long.jsonl
    says '^found in run 3: check failed'
    says 'the trace long.jsonl could not be written: .*; it is incomplete and was not compared'
    says_not 'not deterministic|^verified|^trace: '
    runs 1 explore --test=crash --trace=long.jsonl
    says 'the trace long.jsonl could not be written'
    runs 1 replay '1;step;run,user;c1;0.0.1' --test=assert --trace=long.jsonl
    says '^assert: check failed'
    says 'the trace long.jsonl could not be written'
    runs 2 replay '1;step;run,user;c1;' --test=assert --trace=long.jsonl
    says '^assert: ok$'
    return $((failures > 0))
}

replays() {
    local list='1;step;run,user;c1;0.0.1'
    runs 1 replay "$list" --test=assert --against=sim_cases.assert.trace.jsonl --times=20
    says '^identical, [0-9]+ events, 20 times$'
    says '^seed 0x1$'
    head -n 8 sim_cases.assert.trace.jsonl >cut.jsonl
    runs 1 replay "$list" --test=assert --against=cut.jsonl
    says '^identical as far as it goes, 8 events \(the trace has no run.end\)$'
    runs 0 replay '1;step;run,user;c1;' --test=assert
    says '^assert: ok$'
    runs 1 replay '1;step;run,user;c1;' --test=assert --against=sim_cases.assert.trace.jsonl
    says '^the traces differ in line'
    runs 1 replay "$list" --test=crash --trace=again.jsonl
    cmp <(tail -n +2 crash.jsonl) <(tail -n +2 again.jsonl) || fail "the crash is another one"
    runs 1 explore --test=random --seed=9 --trace=nine.jsonl
    runs 1 replay '1;step;run,user;c1;' --test=random --against=nine.jsonl # its seed is in it
    says '^identical'
    echo "$list" >list
    runs 1 replay @list --test=assert
    says '^assert: check failed'
    output=$("$PROGRAM" replay @- --test=assert <list 2>&1)
    says '^assert: check failed'
    bad 'missing cannot be read: No such file' replay @missing
    bad '^[^ ]*: /dev/null: choice list, byte 1: here a number' replay @/dev/null
    # limits are in the trace, too
    runs 1 explore --test=scope --steps=3 --trace=three.jsonl
    runs 1 replay '1;step;run,user;c1;' --test=scope --against=three.jsonl
    says '^scope: limit'
    says '^identical'
    runs 0 replay '1;step;run,user;c1;' --test=scope --steps=9
    runs 0 replay '1;step;run,user;c1;' --test=deep --stack=1048576 --trace=deep.jsonl
    runs 0 replay '1;step;run,user;c1;' --test=deep --against=deep.jsonl
    says '^identical'
    bad 'number 3 of the list is 7' replay '1;step;run,user;c1;0.0.7' --test=clean --quiet
    bad 'list has 9 numbers' replay '1;step;run,user;c1;0.0.0.0.0.0.0.0.0' --test=clean --quiet
    bad 'byte 1: bare numbers' replay 0.0.1
    bad 'byte 3: the mode' replay '1;walk;run;c1;'
    bad 'version 9' replay '9;step;run;c1;'
    bad 'no such file|cannot be opened|not there|No such' replay "$list" --against=missing
}

wrong_usage() {
    bad 'no option' explore --frobnicate
    bad 'no option' --cancel=1
    bad 'wants a value' explore --cancel
    bad 'whole number' explore --runs=-1
    bad 'whole number' explore --seed=18446744073709551616
    bad 'seconds' explore --max-time=0
    bad 'one of .*dpor, .*auto is wanted' explore --strategy=best
    bad 'give --cancel=2, too' explore --strategy=cleanup
    bad '^[^ ]*: --jobs=65: at most 64' explore --jobs=65
    bad 'does not go with strategy auto' explore --resume=kept
    bad 'does not go with strategy random' explore --resume=kept --strategy=random
    bad 'plain file' explore --resume=. --strategy=dfs
    bad 'bound does not go' explore --bound=2
    bad 'at least 1' explore --bound=0 --strategy=pct
    bad 'at most 32' explore --bound=33 --strategy=pct
    bad 'kinds of choice' explore --kinds=walk
    bad 'no test' explore --test=none
    bad 'not wanted' explore something
    bad 'which choice list' replay
    bad 'bytes from 16384' explore --stack=9
    bad 'at least 1' replay '1;step;run;c1;' --times=0
}

# interrupted SIGNAL ARGUMENT...: what it says is left in $output
interrupted() {
    local signal=$1 child code=0
    shift
    "$PROGRAM" "$@" >interrupted 2>&1 &
    child=$!
    sleep 0.5
    kill "-$signal" $child
    wait $child || code=$?
    [ $code -eq 130 ] || fail "interrupted by $signal: exit code $code: $*"
    output=$(cat interrupted)
}

# A search that is stopped goes on another day, and ends with the numbers of one that was not
resumption() {
    local dfs="explore --strategy=dfs --test=scope --cancel=2 --resume=kept"
    # shellcheck disable=SC2086 # options
    runs 0 $dfs --runs=7
    says '^kept is not there: the search begins$'
    says '^partial: 7 runs'
    says '^about [0-9]+ runs are all of strategy dfs$'
    says '^kept in kept: the same command goes on from there$'
    cp kept seven
    for wrong in --cancel=1 --test=clean --strategy=delays --seed=5 --steps=5; do
        # shellcheck disable=SC2086
        bad '^[^ ]*: kept: (it is of|its )' $dfs $wrong
    done
    cp "$PROGRAM" another
    output=$(./another $dfs 2>&1) # shellcheck disable=SC2086
    says 'it is of program sim_cases, not of another'
    head -c 100 seven >kept
    # shellcheck disable=SC2086
    bad 'kept: line [0-9]+ of it is not' $dfs
    sed 's/^runs 7$/runs 8/' seven >kept
    # shellcheck disable=SC2086
    bad 'kept: its last line does not fit .* it was damaged' $dfs
    runs 0 explore --strategy=dfs --test=writers --runs=7 --resume=older
    touch newer_version
    runs 1 explore --strategy=dfs --test=writers --resume=older
    rm newer_version
    says '^likely cause: older was kept by another version of the program or the test$'
    printf 'a\0b' >kept
    # shellcheck disable=SC2086
    bad 'bytes of no text' $dfs
    cp seven kept
    # shellcheck disable=SC2086
    runs 0 $dfs --runs=4
    says '^going on with kept, after 7 runs$'
    # shellcheck disable=SC2086
    runs 0 $dfs
    says '^complete: 17 runs'
    [ ! -e kept ] || fail "a search that is done is still kept"
    interrupted INT explore --test=endless --strategy=dfs --resume=kept
    says '^partial: .*interrupted$'
    says '^kept in kept'
    runs 0 explore --test=endless --strategy=dfs --resume=kept --runs=10
    says '^going on with kept, after [0-9,]+ runs$'
}

# The same of dpor; and if it cannot be kept, what was kept before is left
resumption_of_traces() {
    local dpor="explore --strategy=dpor --test=writers --cancel=0 --resume=traces"
    # so few runs know nothing of how many there are
    runs 0 explore --strategy=dpor --test=writers --cancel=0 --runs=19
    says '^partial: 19 runs'
    says_not 'runs are all'
    # shellcheck disable=SC2086 # options
    runs 0 $dpor --runs=50
    says '^partial: 50 runs'
    says '^about [0-9]+ runs are all of strategy dpor$'
    says '^kept in traces: the same command goes on from there$'
    cp traces fifty
    for wrong in --cancel=1 --test=clean --strategy=dfs --seed=5 --steps=5; do
        # shellcheck disable=SC2086
        bad '^[^ ]*: traces: (it is of|its )' $dpor $wrong
    done
    for cut in 1 300 500 $(($(wc -c <fifty) - 1)); do
        head -c "$cut" fifty >traces # shellcheck disable=SC2086
        bad 'traces: (line [0-9]+ of it is not|its last line)' $dpor
    done
    sed 's/^tree 50 /tree 51 /' fifty >traces
    # shellcheck disable=SC2086
    bad 'traces: its last line does not fit .* it was damaged' $dpor
    cp fifty traces
    touch newer_version # shellcheck disable=SC2086
    runs 1 $dpor
    rm newer_version
    says '^likely cause: traces was kept by another version of the program or the test$'
    # shellcheck disable=SC2086
    (ulimit -f 0 && trap '' XFSZ && runs 2 $dpor --runs=1 && exit $failures)
    failures=$((failures + $?))
    cmp -s fifty traces || fail "what was kept is gone"
    [ ! -e traces.new ] || fail "half a file is left"
    # shellcheck disable=SC2086
    runs 0 $dpor --runs=20 --jobs=2
    says '^going on with traces, after 50 runs$'
    says '^partial: 20 runs'
    # shellcheck disable=SC2086
    runs 0 $dpor --jobs=3
    says '^going on with traces, after 70 runs$'
    says '^complete: 120 traces, 0 blocked '
    [ ! -e traces ] || fail "a search that is done is still kept"
    interrupted INT explore --test=endless --strategy=dpor --resume=traces --jobs=2
    says '^kept in traces'
    runs 0 explore --test=endless --strategy=dpor --resume=traces --runs=10 --jobs=3
    says '^going on with traces, after [0-9,]+ runs$'
}

# Ctrl-C: the report so far, and nothing of the search is left running
interruption() {
    local signal
    for signal in INT TERM; do
        interrupted $signal explore --test=endless
        says '^partial: .*interrupted$'
        interrupted $signal replay '1;step;run,user;c1;0.0.1' --test=hang
        says '^interrupted$'
    done
}

# A deadlock is told with the functions and lines of each task that waits, in both worlds.
stacks() {
    [[ $(uname -m) == x86_64 ]] || return
    local command
    for command in "$CASES explore --trace=$WORK/bank.jsonl" "$CASES replay 1;step;run;c0;" \
        "$CASES_REAL"; do
        # shellcheck disable=SC2086 # several words
        expect 1 $command --test=bank
        says '^ +teller 1 #6: waiting in lock.acquire lock "account B" #3 held by teller 2 #7 since'
        says '^ +stack: (tutti_lot_park_at < )?tutti_lock_acquire_at < transfer page_cases.c:[0-9]+'
    done
}

plain_runs
stacks
searches
findings
no_room 2>&1 | cat >&2 || failures=$((failures + 1)) # cat may write: the log is longer
replays
wrong_usage
resumption
resumption_of_traces
interruption
exit $((failures > 0))

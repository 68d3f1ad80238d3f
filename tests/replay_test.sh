#!/bin/bash
# `tutti replay` as a user meets it: recordings of the real world, compressed traces, bad files.
# Arguments: the tutti command, and the programs of replay_cases.c.
set -uo pipefail

TUTTI=$PWD/$1
SIM=$PWD/$2
REAL=$PWD/$3
DATA=$PWD/tests/data/trace
. tests/expect.sh
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1

# record CODE TEST: its recording is TEST.jsonl
record() {
    TUTTI_RECORD=$2.jsonl expect "$1" "$REAL" "--test=$2"
}

recordings() {
    local test
    for test in timers words forks; do
        record 0 "$test"
        expect 0 "$TUTTI" trace check "$test.jsonl"
        expect 0 "$TUTTI" replay "$test.jsonl" "$REAL"
        says "^$test: ok\$"
        says '^ok$'
        says '^identical, [0-9]+ events$'
        [ "$(stat -c %a "$test.jsonl")" = 600 ] || fail "others may read $test.jsonl"
    done
    grep -q '"data":"YSB3b3Jk"' words.jsonl || fail "the word is not in words.jsonl"
    gzip -k timers.jsonl && zstd -q words.jsonl
    expect 0 "$TUTTI" replay timers.jsonl.gz "$REAL"
    says '^identical'
    expect 0 "$TUTTI" replay words.jsonl.zst "$REAL" --trace=again.jsonl
    says '^identical'
    cmp <(tail -n +2 words.jsonl) <(tail -n +2 again.jsonl) || fail 'the new trace is another one'
    expect 0 "$TUTTI" replay again.jsonl "$REAL"
    says '^identical'
    TUTTI_RECORD=low.jsonl,level=1 expect 0 "$REAL" --test=timers
    grep -q '"e":"task' low.jsonl && fail 'a recording of level 1 tells of tasks'
    expect 0 "$TUTTI" replay low.jsonl "$REAL"
    record 1 fails
    expect 1 "$TUTTI" replay fails.jsonl "$REAL"
    says '^error$'
    says '^identical'
}

# What a run had told when it ended without an end is there, and comes again.
cut_recordings() {
    # LeakSanitizer does not see the stack below the one that exit is called on.
    local -x ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    local test how
    for test in crashes panics leaves; do
        TUTTI_RECORD=$test.jsonl "$REAL" --test="$test" >said 2>&1
        how=$?
        expect 2 "$TUTTI" trace check "$test.jsonl"
        says ': the trace ends here without run.end'
        [ "$(wc -l <"$test.jsonl")" -gt 30 ] || fail "$test.jsonl: what was told last is missing"
        expect 1 "$TUTTI" replay "$test.jsonl" "$REAL"
        says '^no end$'
        says '^identical, [0-9]+ events \(the recording has no run.end\)$'
        # AddressSanitizer has crashes end with a code of its own.
        [ $how -ne 139 ] || says '^the program was ended by signal 11 \(Segmentation fault\)$'
    done
    head -n 20 timers.jsonl >part.jsonl
    expect 1 "$TUTTI" replay part.jsonl "$REAL"
    says '^tutti: part.jsonl:20: the recording ends here without run.end, and the program '
    says '^identical as far as it goes, 20 events \(the recording has no run.end\)$'
}

other_programs() {
    # as if the program did more now than it did then
    { head -n 40 timers.jsonl && tail -n 1 timers.jsonl; } >less.jsonl
    expect 1 "$TUTTI" replay less.jsonl "$REAL"
    says '^tutti: less.jsonl:41: here the run had .* this is not the recorded run any more$'
    says '^the traces differ in line 41:$'
    says '^  less.jsonl: \{"n":'
    gzip -kf less.jsonl
    expect 1 "$TUTTI" replay less.jsonl.gz "$REAL"
    says '^tutti: less.jsonl.gz:41: '
    says '^  less.jsonl.gz: \{"n":'
    expect 2 "$TUTTI" replay timers.jsonl "$SIM"
    says '^timers.jsonl:1: a trace of the program "replay_cases_real", not of "replay_cases" \('
    cp /bin/true replay_cases_real
    expect 2 "$TUTTI" replay timers.jsonl ./replay_cases_real
    says '^tutti: replay: ./replay_cases_real told nothing of its run: .* \(its exit code: 0\)$'
    expect 2 "$TUTTI" replay timers.jsonl ./none/replay_cases_real
    says 'none/replay_cases_real: there is no such file'
    chmod -x replay_cases_real
    expect 2 "$TUTTI" replay timers.jsonl ./replay_cases_real
    says 'this file is not executable'
    expect 2 "$TUTTI" replay timers.jsonl "$REAL" --times=3
    says '^tutti: replay: a recording is played back as it was made, without "--times=3"; '
    expect 2 "$TUTTI" replay timers.jsonl "$REAL" --trace=timers.jsonl
    says 'would overwrite the trace it is compared with'
    expect 2 "$TUTTI" replay timers.jsonl "$REAL" --trace=/nowhere/new.jsonl
    says 'TUTTI_RECORD=/nowhere/new.jsonl,level=3: there can be no recording: '
}

# By its environment, without `tutti`.
environment() {
    output=$(TUTTI_RECORD=two.jsonl "$REAL" 2>&1) # the third one crashes
    says '^tutti: TUTTI_RECORD=two.jsonl: a file holds one run, and this is another one'
    expect 0 "$TUTTI" replay two.jsonl "$REAL"
    says '^identical'
    says_not '^words'
    TUTTI_PLAYBACK=timers.jsonl expect 0 "$REAL" --test=timers
    TUTTI_PLAYBACK=none.jsonl expect 1 "$REAL" --test=timers
    says '^tutti: none.jsonl:1: cannot be read: No such file or directory'
    TUTTI_PLAYBACK="$DATA/good.jsonl" expect 1 "$REAL" --test=timers
    says '^tutti: .*good.jsonl:1: a trace of the program "bank", not of "replay_cases_real" \('
    sed 's/,"clock":"recorded"//' timers.jsonl >plain.jsonl
    TUTTI_PLAYBACK=plain.jsonl expect 1 "$REAL" --test=timers
    says '^tutti: plain.jsonl:1: the trace is no recording: '
    says '^timers: FAILED'
    for bad in ',level=3' 'x.jsonl,level=5' 'x.jsonl,level=33' 'x.jsonl,lever=3'; do
        TUTTI_RECORD=$bad expect 0 "$REAL" --test=timers
        says "^tutti: TUTTI_RECORD=$bad: it is a path, and perhaps \",level=N\", N from 1 to 4. The"
    done
    TUTTI_RECORD=/nowhere/x.jsonl expect 0 "$REAL" --test=timers
    says '^tutti: TUTTI_RECORD=/nowhere/x.jsonl: there can be no recording: '
    expect 2 "$TUTTI" replay plain.jsonl "$REAL"
    says ': this is the real-world build of a tutti program'
}

# Traces of simulated runs, compressed.
compressed() {
    expect 0 "$SIM" replay '1;step;run;c1;' --test=timers --trace=sim.jsonl
    gzip -k sim.jsonl && zstd -q sim.jsonl
    local name
    for name in sim.jsonl sim.jsonl.gz sim.jsonl.zst; do
        expect 0 "$TUTTI" replay "$name" "$SIM"
        says '^identical, [0-9]+ events$'
    done
    sed '9s/"t":0/"t":1/' sim.jsonl | gzip >other.jsonl.gz
    expect 1 "$TUTTI" replay other.jsonl.gz "$SIM"
    says '^the traces differ in line 9:$'
    says '^  other.jsonl.gz: \{"n":9,"t":1,'
    # a choice that is another one now
    sed '/"choice"/{s/"pick":0/"pick":1/;s/"of":[0-9]*/"of":9/;:a;n;ba}' sim.jsonl >choice.jsonl
    expect 1 "$TUTTI" replay choice.jsonl "$SIM"
    says '^choice 1 \(event [0-9]+\): recorded \[1/9\] .*#[0-9]+, now \[1/[2-8]\] .*#[0-9]+$'
    sed 's/"list":"1;step;run;c1;"/"list":"1;step;run;c1;0.77"/' sim.jsonl >far.jsonl
    expect 2 "$TUTTI" replay far.jsonl "$SIM"
    says '^choice 2 \(event [0-9]+\): recorded \[0/[2-8]\] .*, now there is none$'
    says 'test timers: number 2 of the list is 77, but that choice has [2-8] options'
    head -c 200 sim.jsonl.gz >cut.jsonl.gz
    expect 2 "$TUTTI" replay cut.jsonl.gz "$SIM"
    says '^cut.jsonl.gz:[0-9]+: the compressed data are damaged or cut from here on \('
    echo 'no gzip' >plain.jsonl.zst
    expect 2 "$TUTTI" replay plain.jsonl.zst "$SIM"
    says '^plain.jsonl.zst:1: the compressed data are damaged or cut from here on \('
    expect 2 "$TUTTI" replay none.jsonl.gz "$SIM"
    says 'none.jsonl.gz: there is no such file'
    TMPDIR=/nowhere expect 2 "$TUTTI" replay sim.jsonl.gz "$SIM"
    says '^tutti: sim.jsonl.gz: cannot be unpacked: '
}

# Each bad file: a sentence with file and line, and exit code 2.
bad_files() {
    local file count=0
    cp "$SIM" bank
    for file in "$DATA"/*.jsonl; do
        case ${file##*/} in
        good* | unknown* | cut_whole* | lies_* | two* | bad_hash* | bad_level*) continue ;;
        esac
        expect 2 "$TUTTI" replay "$file" ./bank
        says "^$file:[0-9]+: .*\)\$"
        [ "$(wc -l <<<"$output")" -eq 1 ] || fail "more than one line: $file $output"
        count=$((count + 1))
    done
    [ $count -gt 20 ] || fail "$count bad files"
}

recordings
cut_recordings
other_programs
environment
compressed
bad_files
exit $((failures > 0))

#!/bin/bash
# For tests of programs: what they are expected to do and say. Sourced; $failures counts.
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect CODE COMMAND...: the output is left in $output
expect() {
    local wanted=$1 code
    shift
    output=$("$@" 2>&1)
    code=$?
    [ $code -eq "$wanted" ] || fail "exit code $code instead of $wanted: $*
$output"
}

says() {
    grep -qE -- "$1" <<<"$output" || fail "it does not say \"$1\":
$output"
}

says_not() {
    ! grep -qE -- "$1" <<<"$output" || fail "it says \"$1\":
$output"
}

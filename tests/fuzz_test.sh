#!/bin/bash
# Builds the fuzz target with clang and feeds it for some seconds, beginning with the corpus.
#
# usage: fuzz_test.sh [SECONDS [FOLDER]]   in the tree's root; new inputs are kept in FOLDER
set -euo pipefail
seconds=${1-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/include" "$work/kept"
ln -s "$PWD" "$work/include/tutti"
kept=${2-$work/kept}

command -v clang >/dev/null || {
    echo "clang is not installed (tools/check installs it)" >&2
    exit 2
}
include=(-std=c11 "-I$work/include")
# What reads is instrumented; core is only there to be linked with.
(cd "$work" && clang "${include[@]}" -c "$OLDPWD"/core/*.c "$OLDPWD"/core/context_"$(uname -m)".S)
clang "${include[@]}" -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
    tests/fuzz_trace.c instruments/[!o]*.c instruments/os_file.c instruments/os_unwind_none.c \
    "$work"/*.o -ljansson -lunwind -lm -o "$work/fuzz_trace"
# The first folder is written to, the others are read.
"$work/fuzz_trace" -max_total_time="$seconds" -max_len=16384 -rss_limit_mb=1024 -timeout=10 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="$work/" \
    "$kept" tests/data/fuzz tests/data/trace || {
    for found in "$work"/{crash,timeout,oom,leak}-*; do
        [[ -e $found ]] || continue
        echo "the input, in base64 (keep it in tests/data/fuzz once it is mended):"
        base64 "$found"
    done
    exit 1
}

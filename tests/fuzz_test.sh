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
# What reads is instrumented; core is only there to be linked with. Both are archives: the linker
# takes what is asked for and leaves what listens to runs, with all that it would want besides.
build() {
    local archive=$1
    shift
    mkdir "$work/$archive"
    printf '%s\n' "$@" | xargs -P 2 -n 8 sh -c 'folder=$1 flags=$2; shift 2; cd "$folder" &&
        exec clang -std=c11 $flags -c "$@"' sh "$work/$archive" "-I$work/include $flags"
    ar rcs "$work/$archive.a" "$work/$archive"/*.o
}
flags=
build core "$PWD"/core/*.c "$PWD/core/context_$(uname -m).S"
flags='-g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined'
build instruments "$PWD"/instruments/[!o]*.c "$PWD"/instruments/os_{file,playback}.c
clang -std=c11 "-I$work/include" -g -O1 -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined tests/fuzz_trace.c "$work/instruments.a" "$work/core.a" \
    -ljansson -lm -o "$work/fuzz_trace"
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

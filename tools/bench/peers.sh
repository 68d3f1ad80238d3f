#!/bin/bash
# Measures core_bench and scale_bench beside other runtimes that Debian packages: makes a program of
# each that is installed, and hands them to the two. Options go to both, as --rounds=5.
set -euo pipefail

here=tools/bench # bazel run starts it where the runfiles are
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peers=()

skip() {
    echo "No $1: apt-get install $2 to measure it, too." >&2
}

# Go is first: one of the bars is its time.
if command -v go >/dev/null; then
    GOCACHE=$work/cache GO111MODULE=off go build -o "$work/go" "$here/peers/peer.go"
    peers+=("--peer=Go:$work/go")
else
    skip Go golang-go
fi
if gcc -O2 -o "$work/st" "$here/peers/os_peer_st.c" -lst 2>/dev/null; then
    peers+=("--peer=ST:$work/st")
else
    skip 'State Threads' libst-dev
fi
if python3 -c 'import trio' 2>/dev/null; then
    cp "$here/peers/peer_trio.py" "$work/trio"
    chmod +x "$work/trio"
    peers+=("--peer=Trio:$work/trio")
else
    skip Trio python3-trio
fi

"$here/core_bench" "${peers[@]}" "$@"
echo
"$here/scale_bench" "${peers[@]}" "$@"

#!/bin/bash
# Builds core alone, static, for aarch64 and runs the cases of cross_main.c in an emulator.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# "tutti/core/x.h" is core/x.h of the tree.
ln -s "$PWD" "$work/tutti"

aarch64-linux-gnu-gcc -static -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -fvisibility=hidden \
    -pthread -I "$work" -o "$work/program" tests/cross_main.c core/*.c core/context_aarch64.S

output=$(qemu-aarch64 "$work/program")
echo "$output"
[[ $output == $'T01 ok\nT23 ok\nT47 ok\naudit ok' ]]

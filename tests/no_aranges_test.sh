#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# File and line of an address are found in a program without .debug_aranges, as clang makes them.
set -euo pipefail
copy=$TEST_TMPDIR/without
objcopy --remove-section=.debug_aranges "$1" "$copy"
if readelf -S "$copy" | grep -q debug_aranges; then
    echo "FAILED: objcopy left .debug_aranges" >&2
    exit 1
fi
"$copy"

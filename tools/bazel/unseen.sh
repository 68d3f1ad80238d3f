#!/bin/bash
# unseen.sh ARCHIVE...: the functions that tracked objects call and that nobody looks into, as C
# source: sim/track.h, tutti_track_unseen.
set -euo pipefail

# Theirs is what is seen; the rest touches no memory that tasks share.
known='^(tutti_|__tsan_|__stack_chk_fail$|abort$|_GLOBAL_OFFSET_TABLE_$|__errno_location$)'
defined=$(nm --defined-only --format=posix "$@" | awk 'NF > 1 { print $1 }' | sort -u)
called=$(nm --undefined-only --format=posix "$@" | awk 'NF > 1 { print $1 }' | sort -u)

echo '/* Made by tools/bazel/unseen.sh. */'
echo '#include "tutti/sim/track.h"'
echo
echo 'const char *const tutti_track_unseen[] = {'
comm -13 <(echo "$defined") <(echo "$called") | grep -vE "$known" | sed 's/.*/    "&",/' || true
echo '    0};'

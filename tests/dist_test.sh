#!/bin/bash
# Unpacks the release tar into a folder outside the tree, and builds and runs two programs there
# with plain gcc and what pkg-config says: one with its own main(), one that is rehearsed.
set -euo pipefail

tar=$PWD/tutti.tar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/moved"
tar -xf "$tar" -C "$work/moved"
cd "$work"
export PKG_CONFIG_PATH=$work/moved/lib/pkgconfig
pkg-config --modversion tutti | grep -E '^[0-9]+\.[0-9]+\.[0-9]+$'
read -ra flags < <(pkg-config --cflags --libs tutti)

cat >real.c <<'END'
#include <tutti/tutti.h>
#include <stdio.h>

static int count;

static int child(void *arg)
{
    count += *(int *)arg;
    return tutti_sleep(TUTTI_MS);
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++) TUTTI_TRY(tutti_nursery_start(nursery, child, arg));
    return 0;
}

static int run(void *arg)
{
    return tutti_nursery_run(body, arg);
}

int main(void)
{
    int step = 14;
    int rc = tutti_run(tutti_world_real(), run, &step);
    printf("%d %d\n", rc, count);
    return rc;
}
END
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror real.c -o real "${flags[@]}"
echo "in the real world: $(./real)"
[[ $(./real) == '0 42' ]]

cat >rehearsed.c <<'END'
#include <tutti/tutti.h>
#include <tutti/core/test.h>

static int test(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(3600 * TUTTI_S));
    tutti_check(tutti_now() >= 3600 * TUTTI_S);
    return 0;
}

const struct tutti_test tutti_tests[] = {{"sleeps", test, NULL}, {NULL, NULL, NULL}};
END
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror rehearsed.c -o rehearsed -ltutti_main "${flags[@]}"
echo "rehearsed:"
./rehearsed
echo "the command:"
moved/bin/tutti --help | tee help
grep -q explore help

# Two tasks add to one number, and the explorer sees that they share it.
cat >shared.c <<'END'
#include <tutti/tutti.h>
#include <tutti/core/test.h>

static int number;

static int add(void *arg)
{
    (void)arg;
    number++;
    return 0;
}

static int both(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, add, arg));
    return tutti_nursery_start(nursery, add, arg);
}

static int test(void *arg)
{
    return tutti_nursery_run(both, arg);
}

const struct tutti_test tutti_tests[] = {{"adds", test, NULL}, {NULL, NULL, NULL}};
END
gcc -std=c11 -fsanitize=thread -fno-builtin -I"$work/moved/include" \
    -include tutti/sim/track_names.h -c shared.c
gcc shared.o -o shared -ltutti_main "${flags[@]}" -ltutti_track "${flags[@]}"
moved/bin/tutti explore ./shared --cancel=0 | tee explored
grep -q '^complete: 2 traces, 0 blocked' explored
grep -q '^not seen: ' explored

# No call of mem* or str* is left unseen, the compiler's own among them: a structure is copied, and
# one is zeroed. clang's assembler is not up to that at -O0.
cat >calls.c <<'END'
#include <string.h>

struct large {
    char bytes[200];
};

void copy(struct large *to, const struct large *from)
{
    *to = *from;
}

void zero(struct large *large)
{
    *large = (struct large){{0}};
}

size_t call(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    memmove(to, from, size);
    memset(to, 0, size);
    strcpy(to, from);
    return memcmp(to, from, size) ? strlen(from) : 0;
}
END
sees_calls() {
    "$@" -std=c11 -fsanitize=thread -fno-builtin -I"$work/moved/include" \
        -include tutti/sim/track_names.h -c calls.c -o calls.o
    nm --undefined-only --format=posix calls.o | awk '{ print $1 }' >called
    grep -q '^tutti_track_memcpy$' called
    if grep -E '^(mem|str|bcmp)' called; then
        echo "$*: these calls are not seen"
        exit 1
    fi
}
for level in -O0 -O1 -O2; do
    sees_calls gcc $level
    if command -v clang >/dev/null; then sees_calls clang $level -fno-integrated-as; fi
done
if command -v clang >/dev/null; then sees_calls clang -O2; fi

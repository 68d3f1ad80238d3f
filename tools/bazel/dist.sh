#!/bin/bash
# Makes the release tar for //:dist: dist.sh OUT --KIND FILE... (headers, archives, main, track,
# command, licenses). Two builds of one commit give the same bytes.
set -euo pipefail

out=$PWD/$1
shift
kind= headers=() licenses=() command=() main=() track=() archives=()
for word; do
    case $word in
    --*) kind=${word#--} ;;
    *) declare -n list=$kind && list+=("$word") ;;
    esac
done

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
mkdir -p "$top"/{bin,include/tutti,lib/pkgconfig,share/doc/tutti}

for header in "${headers[@]}"; do
    install -D -m 644 "$header" "$top/include/tutti/$header"
done
install -m 644 "${licenses[@]}" "$top/share/doc/tutti"
install -m 755 "${command[@]}" "$top/bin"

# One archive out of several: ar's scripts copy whole archives, so no object is lost by its name.
merge() {
    local archive
    {
        echo "CREATE $1"
        for archive in "${@:2}"; do echo "ADDLIB $archive"; done
        echo SAVE
    } | ar -M
    ranlib -D "$1"
}
# Relative names only: ar's script knows no quoting.
merge merged.a "${archives[@]}"
merge merged_main.a "${main[@]}"
merge merged_track.a "${track[@]}"
mv merged.a "$top/lib/libtutti.a"
mv merged_main.a "$top/lib/libtutti_main.a"
mv merged_track.a "$top/lib/libtutti_track.a"

version=$(sed -n 's/^#define TUTTI_VERSION "\(.*\)"/\1/p' "$top/include/tutti/core/base.h")
cat >"$top/lib/pkgconfig/tutti.pc" <<'END'
prefix=${pcfiledir}/../..
includedir=${prefix}/include
libdir=${prefix}/lib

Name: tutti
Description: structured concurrency that can be rehearsed
Cflags: -I${includedir} -fstack-clash-protection
Libs: -L${libdir} -ltutti -lidn2 -ldw -ljansson -lunwind-generic -lunwind -lm -pthread
END
echo "Version: ${version:?core/base.h names no TUTTI_VERSION}" >>"$top/lib/pkgconfig/tutti.pc"

chmod -R u=rwX,go=rX "$top"
tar --create --file "$out" --directory "$top" --sort=name --mtime=@0 \
    --owner=0 --group=0 --numeric-owner bin include lib share

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mark of a build: a note that the linker leaves in a program, found where it is loaded. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

#include "tutti/instruments/trace.h"

enum { BUILD_BYTES_MAX = 32 };

static char build[2 * BUILD_BYTES_MAX + 1];
static pthread_once_t build_once = PTHREAD_ONCE_INIT;

static void keep(const unsigned char *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    if (size > BUILD_BYTES_MAX) size = BUILD_BYTES_MAX;
    for (size_t i = 0; i < size; i++) {
        build[2 * i] = hex[bytes[i] >> 4];
        build[2 * i + 1] = hex[bytes[i] & 15];
    }
}

/* Notes have a name and a text, each filled up to a multiple of four. */
static void look_at_notes(const unsigned char *at, size_t size)
{
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, at, sizeof note);
        size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
        size_t text = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        if (name > size - sizeof note || text > size - sizeof note - name) return;
        at += sizeof note;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(at, "GNU", 4) == 0) {
            keep(at + name, note.n_descsz);
        }
        at += name + text;
        size -= sizeof note + name + text;
    }
}

/* The first that is told of is the program; no other is looked at. */
static int look_at_program(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_NOTE) continue;
        look_at_notes((const unsigned char *)(uintptr_t)(info->dlpi_addr + part->p_vaddr),
                      part->p_memsz);
    }
    return 1;
}

static void find(void)
{
    dl_iterate_phdr(look_at_program, NULL);
}

const char *tutti_trace_build(void)
{
    pthread_once(&build_once, find);
    return build[0] ? build : NULL;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/symbols_priv.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <unistd.h>

/* Where debug information lies that is not in the files themselves; NULL: the usual folders. */
static char *debug_folders;

static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .debuginfo_path = &debug_folders};

/* A struct symbols is libdwfl's session by another name. */
struct symbols *symbols_open(void)
{
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (!dwfl) return NULL;
    if (dwfl_linux_proc_report(dwfl, getpid()) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0) {
        dwfl_end(dwfl);
        return NULL;
    }
    return (struct symbols *)dwfl;
}

/* The file and line of an address by walking all compilation units: clang writes no .debug_aranges,
 * which the library's own way needs.                                                           */
static const char *by_units(Dwfl_Module *module, Dwarf_Addr address, int *number)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = NULL;
    while ((unit = dwfl_module_nextcu(module, unit, &bias))) {
        if (dwarf_haspc(unit, address - bias) != 1) continue;
        Dwarf_Line *line = dwarf_getsrc_die(unit, address - bias);
        if (!line || dwarf_lineno(line, number) != 0) return NULL;
        return dwarf_linesrc(line, NULL, NULL);
    }
    return NULL;
}

void symbols_place(struct symbols *symbols, uintptr_t pc, bool called, char *place, size_t size)
{
    Dwfl *dwfl = (Dwfl *)symbols;
    int number;
    place[0] = '\0';
    /* A return address may be the first of another line, or of another function. */
    Dwarf_Addr address = pc - called;
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
    if (!module) return;
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL)
                            : by_units(module, address, &number);
    if (file) snprintf(place, size, "%s:%d", file, number);
}

void symbols_close(struct symbols *symbols)
{
    if (symbols) dwfl_end((Dwfl *)symbols);
}

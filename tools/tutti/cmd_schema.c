/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "trace_command.h"
#include "tutti/instruments/schema.h"

static int run(const struct trace_settings *settings)
{
    (void)settings;
    char *schema = tutti_trace_schema();
    if (!schema) return command_bad("out of memory (free some)");
    puts(schema);
    free(schema);
    return command_done(EXIT_NOTHING);
}

const struct trace_command trace_schema = {
    .name = "schema",
    .options = "",
    .run = run,
    .help = "usage: tutti trace schema\n"
            "\n"
            "Prints the JSON Schema (draft 2020-12) of one line of a trace. Readers are to allow "
            "events and keys\n"
            "that it does not name, as it does. `check` knows more: the rules between lines.\n"
            "\n"
            "example:\n"
            "  tutti trace schema > trace.schema.json\n",
};

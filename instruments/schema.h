/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/schema.h - the table of core/event.def as a JSON Schema. */
#ifndef TUTTI_INSTRUMENTS_SCHEMA_H
#define TUTTI_INSTRUMENTS_SCHEMA_H

#include "tutti/core/event.h"

TUTTI_BEGIN

/* The schema (draft 2020-12) of one line of a trace, indented, without newline at its end; to be
 * freed with free(). It allows events and keys that the table does not have. NULL: no memory. Not a
 * checkpoint. */
TUTTI_API char *tutti_trace_schema(void);

TUTTI_END
#endif

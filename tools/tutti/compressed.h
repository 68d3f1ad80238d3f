/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/compressed.h - traces that are compressed. */
#ifndef TUTTI_TOOLS_COMPRESSED_H
#define TUTTI_TOOLS_COMPRESSED_H

#include "tutti/instruments/read.h"

/* Does the name end with .gz or .zst? */
bool is_compressed(const char *path);
/* Such a file as a source; why it cannot be opened comes out when it is read. NULL: no memory. */
struct tutti_source *compressed_open(const char *path);
/* Unpacks it into a file that has no name and goes with this process and those it becomes or
 * starts; `name`, with room for UNPACKED_NAME, is how it can be opened. Returns 0, or a negative
 * code: of the system's, or TUTTI_EINVALID, it is damaged. */
enum { UNPACKED_NAME = 40 };
int compressed_unpack(const char *path, char *name);

#endif

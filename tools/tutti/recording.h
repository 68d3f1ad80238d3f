/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/recording.h - `tutti replay` of a run in the real world. */
#ifndef TUTTI_TOOLS_RECORDING_H
#define TUTTI_TOOLS_RECORDING_H

#include "tutti/instruments/read.h"

bool is_recording(const struct tutti_reader *reader);
/* Plays the recording that can be opened as `path`, and that messages call `name`, back to the
 * program, and compares the traces; returns the exit code. */
int recording_replay(const char *path, const char *name, char *program, int count, char **options);

#endif

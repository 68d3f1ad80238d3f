/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/os_file_priv.h - the system calls of instruments on files. */
#ifndef TUTTI_INSTRUMENTS_OS_FILE_PRIV_H
#define TUTTI_INSTRUMENTS_OS_FILE_PRIV_H

#include <stddef.h>
#include <stdint.h>

/* Creates or empties a file for writing; the descriptor or -errno. */
int file_create(const char *path);
/* Opens a file for reading, "-" is standard input; the descriptor or -errno. */
int file_open(const char *path);
/* Reads at most `size` bytes; their number, 0 at the end, or -errno. */
int64_t file_read(int fd, char *bytes, size_t size);
/* Writes all; returns how many bytes were written, and in *error 0 or -errno. Async-signal-safe. */
size_t file_write(int fd, const char *bytes, size_t size, int *error);
/* Closes; 0 or -errno. Standard input stays open. */
int file_close(int fd);

#endif

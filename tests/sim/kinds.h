/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind of operation that acts on files, as one that can be submitted, and
 * what becomes of an error that says nothing about the file.
 */
#ifndef KINDS_H
#define KINDS_H

#include "scenario.h"

enum answer { REPEATED, REPORTED, EITHER };

enum target { PLAIN, APPEND, APPEND_ONCE, COLLAPSE };

struct kind {
    const char *name;
    auraio_op_type_t type;
    enum target target;
    int open_flags;
    ssize_t success; /* -1: a descriptor */
    enum answer on_eagain, on_eintr, on_efault;
};

#define KIND_BYTES 4096

extern const struct kind kinds[];
extern const size_t kind_count;

/* On fd, or on the path "/old" that it was opened by, or the new path "/new". */
auraio_op_t kind_op(const struct kind *kind, int fd);

/* A fresh kernel and engine, with "/old" of some size, open as *fd. */
auraio_engine_t *kind_begin(const struct kind *kind, const struct sim_config *config, int *fd);

/* How many operations on files have had their effect. */
uint64_t kind_effects(void);

/* Its own result, and it was done once. */
bool kind_succeeded(const struct kind *kind, const struct told *told, uint64_t effects);

#endif

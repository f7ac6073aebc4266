/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application that reads random blocks as fast as it may: an engine, and for each disk so many
 * reads that the library always has some to hold back. A callback checks its read and submits the
 * next. One thread.
 */
#ifndef ADAPTIVE_LOAD_H
#define ADAPTIVE_LOAD_H

#include <auraio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DISKS_MOST = 2,
    READS_PER_DISK = 256, /* under way at once, held back or in flight; the deepest static depth */
    BLOCK_MOST = 64 << 10
};

struct disk {
    int fd;
    uint64_t bytes;
    bool is_known; /* its content is that of simdisk */
};

/* One way to choose the depth. */
struct contestant {
    char name[24];
    int depth; /* static; 0: the law decides */
    auraio_control_t law;
};

struct read_slot {
    struct load *load;
    int disk;
    uint64_t offset;
    char *buf;
};

struct load {
    auraio_engine_t *engine;
    const struct disk *disks;
    int disk_count;
    size_t block; /* bytes, may change while running */
    bool is_ending;
    uint64_t random;
    uint64_t done[DISKS_MOST];  /* reads */
    uint64_t bytes[DISKS_MOST]; /* of them */
    struct read_slot *slots;
    char *buffers;
};

/* An engine for the contestant, with a ceiling in ms or 0, and all reads under way. */
void load_begin(struct load *load, const struct disk *disks, int disk_count,
                const struct contestant *contestant, double ceiling_ms, unsigned seed);

/* Waits for completions, so many ms at most, and handles them. */
void load_pump(struct load *load, int timeout_ms);

/* Lets what is under way complete; the engine is gone then. */
void load_end(struct load *load);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The depot of a buffer pool: what its threads share. Idle blocks lie in shards,
 * lists by size class under a lock each; behind them is the system. A shard
 * without a fitting block is served from the others before the system is asked,
 * so that a thread that only allocates and one that only frees run in constant
 * memory. Above the high-water marks idle blocks go back to the system.
 *
 * Owned by one pool (bufpool.c), which alone calls this, from any thread.
 */
#ifndef AUR_BUFDEPOT_H
#define AUR_BUFDEPOT_H

#include "bufblock.h"

#define BUFFER_SMALLEST_SHIFT 12 /* 4 KiB: a page, and what O_DIRECT takes nearly everywhere */
#define BUFFER_CLASSES 16        /* powers of two, up to 128 MiB */
#define BUFFER_LARGEST ((size_t)1 << (BUFFER_SMALLEST_SHIFT + BUFFER_CLASSES - 1))
#define BUFFER_UNCLASSED BUFFER_CLASSES /* larger ones: from the system and back */

/* The marks. A class has room for a block of the largest size and cannot fill the depot alone. */
#define DEPOT_CLASS_BYTES BUFFER_LARGEST
#define DEPOT_BYTES (2 * BUFFER_LARGEST)

struct depot_shard {
    alignas(64) struct lock lock;
    struct block_chain idle[BUFFER_CLASSES]; /* under lock */
};

struct depot {
    size_t alignment; /* of every block */
    unsigned mask;    /* number of shards, a power of two, less one */
    /* Bytes in the shards. Raised before blocks are listed, lowered after they are taken, so
     * never less than what is listed. */
    alignas(64) _Atomic size_t idle_bytes;
    _Atomic size_t class_bytes[BUFFER_CLASSES];
    alignas(64) struct blocks blocks;
    struct depot_shard shards[];
};

static inline size_t buffer_class_size(unsigned class)
{
    return (size_t)1 << (BUFFER_SMALLEST_SHIFT + class);
}

/* shards is a power of two. NULL: no memory. */
struct depot *aur_depot_create(size_t alignment, unsigned shards);

/* Gives back all idle blocks, wherever they are, and the depot. The caller is alone. No lock is
 * taken: in a child after fork(2) one may be held by a thread that is no more. */
void aur_depot_destroy(struct depot *depot);

/* A live block from the system, for which idle ones are given back if it must be. */
struct block *aur_depot_new_block(struct depot *depot, size_t size, unsigned class);

/* Takes idle blocks of one class; shard is any number, the same for the same thread. */
void aur_depot_put(struct depot *depot, unsigned shard, unsigned class, struct block_chain chain);

/* Gives up to most idle blocks of one class, none when there are none. */
struct block_chain aur_depot_take(struct depot *depot, unsigned shard, unsigned class,
                                  unsigned most);

#endif

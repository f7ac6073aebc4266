/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caches of a buffer pool: one per thread and pool, used without a lock,
 * overflowing to the depot and refilled from it several blocks at a time.
 *
 * A cache is its thread's and its pool's, and whichever goes last frees it; who
 * may do what is decided by compare-and-swap on cache.home. The pool goes with
 * the last of its refs: its handle, and threads that were leaving it when it
 * was destroyed. So thread exit and destroy need no order and no lock.
 *
 * Called by bufpool.c alone.
 */
#ifndef AUR_BUFCACHE_H
#define AUR_BUFCACHE_H

#include "bufdepot.h"
#include "thread.h"

#include <sys/types.h>

/* What a thread may keep where no other can use it: a queue of 32 requests of 64 KiB. */
#define CACHE_BLOCKS 32
#define CACHE_BYTES ((size_t)2 << 20)

/* cache.home is the pool's address: a thread's cache, counted in refs. Destroy makes it 0, the
 * pool has gone and the thread frees the cache; the thread's exit adds one of these, in turn. */
enum cache_home {
    HOME_LEAVING = 1, /* the thread moves the blocks to the depot; counted in refs */
    HOME_EMPTY = 2    /* no thread's: the next new thread takes it, or it goes with the pool */
};

struct cache {
    alignas(64) _Atomic uintptr_t home;
    struct cache *thread_next; /* the thread's */
    struct cache *pool_next;   /* fixed from publication to destroy, which is alone */
    unsigned shard;            /* fixed */
    _Atomic size_t bytes;      /* in idle[]; written by the thread, read by statistics */
    struct block_chain idle[BUFFER_CLASSES]; /* the thread's */
};

struct bufpool {
    struct depot *depot;
    size_t largest;          /* requests above it are not classed */
    unsigned smallest_shift; /* no block is smaller than its alignment */
    pid_t pid;               /* that created it: another's destroy finds no other thread */
    _Atomic unsigned next_shard;
    _Atomic unsigned refs;
    _Atomic(struct cache *) caches; /* grows at the front, never shrinks before destroy */
};

struct thread_caches {
    struct cache *first; /* of the pool last used */
    bool has_left;       /* the thread's destructor has run: later ones do without caches */
};

extern _Thread_local struct thread_caches aur_caches AUR_TLS_MODEL;

/* This thread's cache of the pool, made if need be. NULL: the thread must do without, for want
 * of memory or because it is exiting. */
struct cache *aur_cache_find(struct bufpool *pool);

/* After the cache went over a limit with a block of that class. */
void aur_cache_spill(struct bufpool *pool, struct cache *cache, unsigned class);

/* Takes the pool away from all threads and gives up its handle. */
void aur_caches_close(struct bufpool *pool);

/* A pool that has gone is never found, even if another lies at its address now: its end zeroed
 * the home before that address could be given to anyone. */
static inline struct cache *cache_of(struct bufpool *pool)
{
    struct cache *cache = aur_caches.first;

    if (cache && atomic_load_explicit(&cache->home, memory_order_relaxed) == (uintptr_t)pool)
        return cache;
    return aur_cache_find(pool);
}

static inline size_t cache_bytes(const struct cache *cache)
{
    return atomic_load_explicit(&cache->bytes, memory_order_relaxed);
}

static inline void cache_set_bytes(struct cache *cache, size_t bytes)
{
    atomic_store_explicit(&cache->bytes, bytes, memory_order_relaxed);
}

/* Blocks of a class a cache may hold; none of those that are larger than all it may hold. */
static inline unsigned cache_limit(unsigned class)
{
    size_t blocks = CACHE_BYTES / buffer_class_size(class);

    return blocks < CACHE_BLOCKS ? (unsigned)blocks : CACHE_BLOCKS;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way through the three tiers: the thread's cache (bufcache.h), the depot
 * all threads share, the system behind it (bufdepot.h). What a thread frees goes
 * to its own cache, whoever allocated it. Owns what it is made of; takes no lock
 * itself. Called by the engine on behalf of auraio_buffer_*.
 */
#include "bufpool.h"

#include "bufcache.h"
#include "kern.h"

#include <errno.h>
#include <unistd.h>

#define SHARDS_MIN 2
#define SHARDS_MAX 256

/* The exponent of the smallest power of two that is not less. */
static unsigned shift_for(size_t size)
{
    return size < 2 ? 0 : 64 - (unsigned)__builtin_clzll(size - 1);
}

struct bufpool *aur_bufpool_create(size_t alignment, int cpus)
{
    unsigned shift = shift_for(alignment);
    int shards = SHARDS_MIN;

    AUR_ASSERT(alignment >= 512 && !(alignment & (alignment - 1)));
    while (shards < SHARDS_MAX && shards < cpus)
        shards *= 2;
    struct bufpool *pool = aur_kern.alloc(alignof(struct bufpool), sizeof *pool);
    if (!pool)
        return NULL;
    pool->depot = aur_depot_create(alignment, (unsigned)shards);
    if (!pool->depot) {
        aur_kern.free(pool);
        return NULL;
    }
    pool->smallest_shift = shift > BUFFER_SMALLEST_SHIFT ? shift : BUFFER_SMALLEST_SHIFT;
    pool->largest = alignment > BUFFER_LARGEST ? 0 : BUFFER_LARGEST;
    pool->pid = getpid();
    atomic_init(&pool->refs, 1);
    return pool;
}

void aur_bufpool_destroy(struct bufpool *pool)
{
    if (pool)
        aur_caches_close(pool);
}

/* size is 1..pool->largest */
static unsigned class_of(const struct bufpool *pool, size_t size)
{
    unsigned shift = shift_for(size);

    return (shift > pool->smallest_shift ? shift : pool->smallest_shift) - BUFFER_SMALLEST_SHIFT;
}

/* The shard of a thread without a cache: its thread-local data tell it from others. */
static unsigned shard_without_cache(void)
{
    return (unsigned)((uintptr_t)&aur_caches >> BUFFER_SMALLEST_SHIFT);
}

/* An idle block from the depot; with it come as many as make up half a cache. */
static struct block *refill(struct bufpool *pool, struct cache *cache, unsigned class)
{
    size_t size = buffer_class_size(class);

    if (!cache)
        return aur_depot_take(pool->depot, shard_without_cache(), class, 1).first;
    size_t room = (CACHE_BYTES - cache_bytes(cache)) / size;
    unsigned extra = cache_limit(class) / 2;
    if (extra > room)
        extra = (unsigned)room;
    struct block_chain taken = aur_depot_take(pool->depot, cache->shard, class, 1 + extra);
    struct block *block = block_pop(&taken);
    AUR_ASSERT(!cache->idle[class].n);
    cache->idle[class] = taken; /* it was empty */
    cache_set_bytes(cache, cache_bytes(cache) + taken.n * size);
    return block;
}

static void *no_buffer(int error)
{
    errno = error;
    return NULL;
}

static void *from_system(struct bufpool *pool, size_t size, unsigned class)
{
    struct block *block = aur_depot_new_block(pool->depot, size, class);

    return block ? block_address(block) : no_buffer(ENOMEM);
}

static void *alloc_unclassed(struct bufpool *pool, size_t size)
{
    size_t unit = pool->depot->alignment;

    if (size > PTRDIFF_MAX - unit)
        return no_buffer(ENOMEM);
    return from_system(pool, (size + unit - 1) & ~(unit - 1), BUFFER_UNCLASSED);
}

void *aur_bufpool_alloc(struct bufpool *pool, size_t size)
{
    if (!size)
        return no_buffer(EINVAL);
    if (size > pool->largest)
        return alloc_unclassed(pool, size);
    unsigned class = class_of(pool, size);
    struct cache *cache = cache_of(pool);
    struct block *block = cache ? block_pop(&cache->idle[class]) : NULL;
    if (block)
        cache_set_bytes(cache, cache_bytes(cache) - buffer_class_size(class));
    else
        block = refill(pool, cache, class);
    if (!block)
        return from_system(pool, buffer_class_size(class), class);
    return block_revive(block);
}

static void free_to_depot(struct bufpool *pool, struct block *block)
{
    struct block_chain one = {NULL, 0};

    block_push(&one, block);
    aur_depot_put(pool->depot, shard_without_cache(), block->class, one);
}

int aur_bufpool_free(struct bufpool *pool, void *buf)
{
    int error;

    if (!buf)
        return 0;
    struct block *block = block_retire(&pool->depot->blocks, buf, &error);
    if (!block)
        return error;
    unsigned class = block->class;
    if (class == BUFFER_UNCLASSED) {
        aur_block_release(&pool->depot->blocks, block);
        return 0;
    }
    struct cache *cache = cache_of(pool);
    if (!cache) {
        free_to_depot(pool, block);
        return 0;
    }
    block_push(&cache->idle[class], block);
    cache_set_bytes(cache, cache_bytes(cache) + buffer_class_size(class));
    if (cache->idle[class].n > cache_limit(class) || cache_bytes(cache) > CACHE_BYTES)
        aur_cache_spill(pool, cache, class);
    return 0;
}

size_t aur_bufpool_size(struct bufpool *pool, const void *buf)
{
    return block_size(&pool->depot->blocks, buf);
}

void aur_bufpool_stats(struct bufpool *pool, auraio_buffer_stats_t *stats)
{
    struct depot *depot = pool->depot;
    size_t idle = atomic_load_explicit(&depot->idle_bytes, memory_order_relaxed);
    size_t all = atomic_load_explicit(&depot->blocks.bytes, memory_order_relaxed);

    /* acquire: each cache is found whole */
    for (struct cache *cache = atomic_load_explicit(&pool->caches, memory_order_acquire); cache;
         cache = cache->pool_next)
        idle += cache_bytes(cache);
    *stats = (auraio_buffer_stats_t){0};
    stats->total_allocated_bytes = all;
    stats->total_buffers = atomic_load_explicit(&depot->blocks.count, memory_order_relaxed);
    /* a block on its way from one tier to another may have been counted in both */
    stats->cached_bytes = idle < all ? idle : all;
    stats->shard_count = (int)depot->mask + 1;
}

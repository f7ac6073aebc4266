/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a cache comes to its thread and leaves it, and how it overflows; the rules
 * are in bufcache.h. A thread's end is learned of by the destructor of one key for
 * the whole process.
 */
#include "bufcache.h"

#include "kern.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

_Thread_local struct thread_caches aur_caches AUR_TLS_MODEL;

static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static bool has_exit_key; /* without it there are no caches */

/* Frees what no thread can reach any more. */
static void pool_unref(struct bufpool *pool)
{
    struct cache *next;

    /* release what was done with the pool here, acquire what others did */
    if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (struct cache *cache = atomic_load_explicit(&pool->caches, memory_order_relaxed); cache;
         cache = next) {
        next = cache->pool_next;
        aur_kern.free(cache);
    }
    aur_depot_destroy(pool->depot);
    aur_kern.free(pool);
}

/* From one home to another; false when it was no longer there. */
static bool move_home(struct cache *cache, uintptr_t from, uintptr_t to)
{
    return atomic_compare_exchange_strong_explicit(&cache->home, &from, to, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Keeps that many blocks of a class, the last used ones, and moves the rest to the depot. */
static void keep_blocks(struct bufpool *pool, struct cache *cache, unsigned class, unsigned keep)
{
    struct block_chain *idle = &cache->idle[class];
    struct block **cut = &idle->first;

    if (idle->n <= keep)
        return;
    for (unsigned i = 0; i < keep; i++)
        cut = &(*cut)->next;
    struct block_chain rest = {*cut, idle->n - keep};
    *cut = NULL;
    idle->n = keep;
    AUR_ASSERT(cache_bytes(cache) >= rest.n * buffer_class_size(class));
    cache_set_bytes(cache, cache_bytes(cache) - rest.n * buffer_class_size(class));
    aur_depot_put(pool->depot, cache->shard, class, rest);
}

/* Half of the class goes, and while there are still too many bytes, half of the largest blocks,
 * which make most room with the fewest moves. */
void aur_cache_spill(struct bufpool *pool, struct cache *cache, unsigned class)
{
    if (cache->idle[class].n > cache_limit(class))
        keep_blocks(pool, cache, class, (cache_limit(class) + 1) / 2);
    for (unsigned large = BUFFER_CLASSES; large-- > 0;)
        while (cache_bytes(cache) > CACHE_BYTES && cache->idle[large].n)
            keep_blocks(pool, cache, large, cache->idle[large].n / 2);
}

/* The cache is off the list of its thread, which is exiting. */
static void leave_cache(struct cache *cache)
{
    uintptr_t home = atomic_load_explicit(&cache->home, memory_order_acquire);
    struct bufpool *pool = (struct bufpool *)home;

    if (!home || !move_home(cache, home, home | HOME_LEAVING)) {
        aur_kern.free(cache);
        return;
    }
    for (unsigned class = 0; class < BUFFER_CLASSES; class ++)
        keep_blocks(pool, cache, class, 0);
    atomic_store_explicit(&cache->home, home | HOME_EMPTY, memory_order_release);
    pool_unref(pool);
}

static void thread_exits(void *unused)
{
    (void)unused;
    aur_caches.has_left = true;
    for (struct cache *cache; (cache = aur_caches.first);) {
        aur_caches.first = cache->thread_next;
        leave_cache(cache);
    }
}

static void make_exit_key(void)
{
    has_exit_key = !pthread_key_create(&exit_key, thread_exits);
}

/* Frees this thread's caches of pools that have gone. */
static void sweep_caches(void)
{
    for (struct cache **link = &aur_caches.first; *link;) {
        struct cache *cache = *link;
        /* acquire pairs with move_home: the pool's end is done with the cache */
        if (atomic_load_explicit(&cache->home, memory_order_acquire)) {
            link = &cache->thread_next;
            continue;
        }
        *link = cache->thread_next;
        aur_kern.free(cache);
    }
}

/* A cache that some thread left, else a new one. NULL: no memory. */
static struct cache *adopt_cache(struct bufpool *pool)
{
    uintptr_t home = (uintptr_t)pool;
    struct cache *first = atomic_load_explicit(&pool->caches, memory_order_acquire);
    struct cache *cache = first;

    while (cache && !move_home(cache, home | HOME_EMPTY, home))
        cache = cache->pool_next;
    if (cache)
        return cache;
    cache = aur_kern.alloc(alignof(struct cache), sizeof *cache);
    if (!cache)
        return NULL;
    atomic_init(&cache->home, home);
    cache->shard = atomic_fetch_add_explicit(&pool->next_shard, 1, memory_order_relaxed);
    cache->pool_next = first;
    /* release: who walks the list finds the cache whole */
    while (!atomic_compare_exchange_weak_explicit(&pool->caches, &cache->pool_next, cache,
                                                  memory_order_release, memory_order_relaxed))
        ;
    return cache;
}

static struct cache *attach_cache(struct bufpool *pool)
{
    if (aur_caches.has_left)
        return NULL;
    sweep_caches();
    pthread_once(&exit_key_once, make_exit_key);
    if (!has_exit_key || pthread_setspecific(exit_key, &aur_caches))
        return NULL;
    struct cache *cache = adopt_cache(pool);
    if (!cache)
        return NULL;
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
    cache->thread_next = aur_caches.first;
    aur_caches.first = cache;
    return cache;
}

/* This thread's cache of the pool, moved to the front; NULL when it has none. */
static struct cache *find_cache(struct bufpool *pool)
{
    for (struct cache **link = &aur_caches.first; *link; link = &(*link)->thread_next) {
        struct cache *cache = *link;
        if (atomic_load_explicit(&cache->home, memory_order_relaxed) != (uintptr_t)pool)
            continue;
        *link = cache->thread_next;
        cache->thread_next = aur_caches.first;
        aur_caches.first = cache;
        return cache;
    }
    return NULL;
}

struct cache *aur_cache_find(struct bufpool *pool)
{
    struct cache *cache = find_cache(pool);

    return cache ? cache : attach_cache(pool);
}

/* The pool's end in the thread that brings it about: its cache is as good as empty, for the blocks
 * are freed wherever they are listed. */
static void drop_own_cache(struct bufpool *pool)
{
    struct cache *cache = find_cache(pool);

    if (!cache)
        return;
    aur_caches.first = cache->thread_next;
    atomic_store_explicit(&cache->home, (uintptr_t)pool | HOME_EMPTY, memory_order_relaxed);
    atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_relaxed);
}

void aur_caches_close(struct bufpool *pool)
{
    bool has_forked = getpid() != pool->pid;
    struct cache *next, *kept = NULL;

    drop_own_cache(pool);
    for (struct cache *cache = atomic_load_explicit(&pool->caches, memory_order_acquire); cache;
         cache = next) {
        next = cache->pool_next;
        if (!has_forked && move_home(cache, (uintptr_t)pool, 0)) {
            atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_relaxed);
            continue; /* its thread's to free now */
        }
        cache->pool_next = kept;
        kept = cache;
    }
    atomic_store_explicit(&pool->caches, kept, memory_order_relaxed);
    if (has_forked) /* the threads that held the others are not in this process */
        atomic_store_explicit(&pool->refs, 1, memory_order_relaxed);
    pool_unref(pool);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle memory comes back: from a thread to the others when it has too much or
 * exits, from the pool to the system above the high-water marks and at its end.
 * What is allocated then stays the caller's.
 */
#include "bufcache.h"
#include "buffer_kern.h"
#include "bufpool.h"
#include "tap.h"

#include <pthread.h>
#include <string.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define MOST 300

static struct bufpool *pool;
static pthread_barrier_t barrier;
static void *bufs[MOST];

static void new_pool(void)
{
    pool = aur_bufpool_create(4 * KIB, 2);
    if (!pool)
        bail("no pool");
}

static void alloc_many(int n, size_t size)
{
    for (int i = 0; i < n; i++)
        if (!(bufs[i] = aur_bufpool_alloc(pool, size)))
            bail("no buffer");
}

static void free_many(int n)
{
    for (int i = 0; i < n; i++)
        aur_bufpool_free(pool, bufs[i]);
}

static size_t idle_bytes(void)
{
    auraio_buffer_stats_t stats;

    aur_bufpool_stats(pool, &stats);
    return (size_t)stats.cached_bytes;
}

static void check_destroy(void)
{
    new_pool();
    alloc_many(100, 64 * KIB);
    free_many(90);
    aur_bufpool_destroy(pool);
    is(memory_held, 10, "a pool's end leaves the buffers that are allocated");
    for (int i = 90; i < 100; i++) {
        memset(bufs[i], i, 64 * KIB);
        aur_kern.free(bufs[i]);
    }
    is(memory_held, 0, "... which the caller frees");
}

static void *use_and_exit(void *unused)
{
    alloc_many(20, 64 * KIB);
    free_many(20);
    return unused;
}

static void check_thread_exit(void)
{
    pthread_t thread;

    new_pool();
    pthread_create(&thread, NULL, use_and_exit, NULL);
    pthread_join(thread, NULL);
    is(idle_bytes(), 20 * 64 * KIB, "a thread exits and its buffers lie idle");
    long asked = blocks_asked;
    alloc_many(20, 64 * KIB);
    is(blocks_asked, asked, "... for the next thread");
    is(idle_bytes(), 0, "... which takes them all");
    free_many(20);
    aur_bufpool_destroy(pool);
}

static void *free_and_linger(void *unused)
{
    free_many(200);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

static void check_no_hoarding(size_t size)
{
    pthread_t thread;
    int kept = size * CACHE_BLOCKS > CACHE_BYTES ? (int)(CACHE_BYTES / size) : CACHE_BLOCKS;

    new_pool();
    alloc_many(200, size);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, free_and_linger, NULL);
    pthread_barrier_wait(&barrier);
    long asked = blocks_asked;
    alloc_many(200, size);
    ok(blocks_asked - asked <= kept, "a thread keeps %ld of 200 idle buffers of %zu to itself",
       blocks_asked - asked, size);
    free_many(200);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    aur_bufpool_destroy(pool);
}

/* Buffers of every class in one cache: its bytes have a limit of their own. */
static void check_mixed_sizes(void)
{
    static const size_t sizes[] = {4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB};
    int n = (int)(sizeof sizes / sizeof sizes[0]);

    new_pool();
    for (int i = 0; i < 20 * n; i++)
        bufs[i] = aur_bufpool_alloc(pool, sizes[i % n]);
    free_many(20 * n);
    size_t shared = atomic_load(&pool->depot->idle_bytes);
    ok(idle_bytes() - shared <= CACHE_BYTES, "a thread keeps %zu bytes of mixed sizes",
       idle_bytes() - shared);
    aur_bufpool_destroy(pool);
}

static void check_class_mark(void)
{
    new_pool();
    alloc_many(MOST, MIB);
    long held = memory_held;
    free_many(MOST);
    ok(idle_bytes() <= DEPOT_CLASS_BYTES + CACHE_BYTES, "of %d MiB freed %zu lie idle", MOST,
       idle_bytes() / MIB);
    ok(idle_bytes() >= DEPOT_CLASS_BYTES - 32 * MIB, "... which is no less than the mark");
    is(held - memory_held, MOST - (long)(idle_bytes() / MIB), "... the system has the rest");
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "... and all after the end");
}

static void check_pool_mark(void)
{
    new_pool();
    for (size_t size = 128 * MIB; size >= 32 * MIB; size /= 2) {
        int n = (int)(128 * MIB / size);
        alloc_many(n, size);
        free_many(n);
    }
    is(idle_bytes(), DEPOT_BYTES, "classes together keep to the pool's mark");
    long held = memory_held;
    void *large = aur_bufpool_alloc(pool, BUFFER_LARGEST + 1);
    ok(memory_held > held, "a buffer beyond the classes comes from the system");
    held = memory_held;
    aur_bufpool_free(pool, large);
    is(memory_held, held - 1, "... and goes back to it");
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "... and all after the end");
}

static void check_stats(void)
{
    auraio_buffer_stats_t stats;

    new_pool();
    alloc_many(10, 64 * KIB);
    free_many(4);
    aur_bufpool_stats(pool, &stats);
    is(stats.total_buffers, 10, "the statistics count buffers");
    is(stats.total_allocated_bytes, 640 * KIB, "... their bytes");
    is(stats.cached_bytes, 256 * KIB, "... and those that are idle");
    aur_bufpool_destroy(pool);
    for (int i = 4; i < 10; i++)
        aur_kern.free(bufs[i]);
}

int main(void)
{
    watch_memory();
    check_destroy();
    check_thread_exit();
    check_no_hoarding(4 * KIB);
    check_no_hoarding(64 * KIB);
    check_no_hoarding(512 * KIB);
    check_mixed_sizes();
    check_class_mark();
    check_pool_mark();
    check_stats();
    is(memory_held, 0, "nothing is left");
    return done();
}

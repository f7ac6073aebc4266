/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that used a pool may exit before it is destroyed, afterwards, or just
 * then, and free buffers while they exit; nothing is left behind, and threads
 * that come and go leave the memory flat.
 */
#include "buffer_kern.h"
#include "bufpool.h"
#include "tap.h"

#include <limits.h>
#include <pthread.h>

#define SIZE ((size_t)64 * 1024)
#define THREADS 4
#define RACES 500
#define POOLS 100
#define CYCLES 1000

static pthread_barrier_t barrier;

static struct bufpool *new_pool(void)
{
    struct bufpool *pool = aur_bufpool_create(4096, 4);

    if (!pool)
        bail("no pool");
    return pool;
}

static void use(struct bufpool *pool)
{
    void *bufs[40];

    for (int i = 0; i < 40; i++)
        bufs[i] = aur_bufpool_alloc(pool, SIZE);
    for (int i = 0; i < 40; i++)
        aur_bufpool_free(pool, bufs[i]);
}

static void *use_and_exit(void *pool)
{
    use(pool);
    return NULL;
}

static void *use_and_linger(void *pool)
{
    use(pool);
    pthread_barrier_wait(&barrier); /* used */
    pthread_barrier_wait(&barrier); /* destroyed */
    return NULL;
}

static void *use_and_race(void *pool)
{
    use(pool);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void run(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, fn, arg))
        bail("no thread");
    pthread_join(thread, NULL);
}

static void check_before(void)
{
    struct bufpool *pool = new_pool();

    run(use_and_exit, pool);
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "a thread exits, then the pool is destroyed");
}

static void check_after(void)
{
    struct bufpool *pool = new_pool();
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, use_and_linger, pool);
    pthread_barrier_wait(&barrier);
    aur_bufpool_destroy(pool);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    is(memory_held, 0, "the pool is destroyed, then a thread exits");
}

static void check_at_once(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < RACES; i++) {
        struct bufpool *pool = new_pool();
        for (int t = 0; t < THREADS; t++)
            pthread_create(&threads[t], NULL, use_and_race, pool);
        pthread_barrier_wait(&barrier);
        aur_bufpool_destroy(pool);
        for (int t = 0; t < THREADS; t++)
            pthread_join(threads[t], NULL);
    }
    pthread_barrier_destroy(&barrier);
    is(memory_held, 0, "%d pools are destroyed while %d threads exit", RACES, THREADS);
}

static void *outlive_pools(void *unused)
{
    struct bufpool *kept = new_pool();
    int again = 0;
    uintptr_t last = 0;

    for (int i = 0; i < POOLS; i++) {
        struct bufpool *pool = new_pool();
        again += (uintptr_t)pool == last;
        last = (uintptr_t)pool;
        use(pool);
        use(kept);
        run(use_and_exit, pool);
        aur_bufpool_destroy(pool);
    }
    note("%d of %d pools lay where the one before had been", again, POOLS);
    aur_bufpool_destroy(kept);
    return unused;
}

static void check_many_pools(void)
{
    run(outlive_pools, NULL);
    is(memory_held, 0, "a thread outlives %d pools", POOLS);
    outlive_pools(NULL);
    is(memory_held, 0, "the main thread does, too");
}

static void *use_each(void *pools)
{
    struct bufpool **pool = pools;

    for (int i = 0; i < POOLS; i++) {
        pthread_barrier_wait(&barrier); /* there is a pool */
        use(*pool);
        pthread_barrier_wait(&barrier); /* used */
    }
    return NULL;
}

static void check_pools_of_others(void)
{
    struct bufpool *pool;
    pthread_t thread;
    long most = 0;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, use_each, &pool);
    for (int i = 0; i < POOLS; i++) {
        pool = new_pool();
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        aur_bufpool_destroy(pool);
        most = memory_held > most ? memory_held : most;
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    is(most, 1, "a thread keeps one cache of %d pools that another destroyed", POOLS);
    is(memory_held, 0, "... until it exits");
}

/* ThreadSanitizer takes a thread for ended when its destructors are called for the last time. */
#if defined(__SANITIZE_THREAD__)
#define DESTRUCTOR_CALLS (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DESTRUCTOR_CALLS (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#endif
#endif
#ifndef DESTRUCTOR_CALLS
#define DESTRUCTOR_CALLS PTHREAD_DESTRUCTOR_ITERATIONS
#endif

/* One destructor before and one after the pool's own, in whatever order the system has; each
 * asks to be called again as often as the system does that. */
static struct bufpool *exiting_pool;
static struct leaver {
    pthread_key_t key;
    void *buf;
    int calls, refused;
} leavers[2];

static void free_at_exit(void *arg)
{
    struct leaver *leaver = arg;

    if (aur_bufpool_free(exiting_pool, leaver->buf))
        leaver->refused++;
    use(exiting_pool);
    if (++leaver->calls == DESTRUCTOR_CALLS)
        return;
    leaver->buf = aur_bufpool_alloc(exiting_pool, SIZE);
    pthread_setspecific(leaver->key, leaver);
}

static void *leave_buffers(void *pool)
{
    for (int i = 0; i < 2; i++) {
        leavers[i].buf = aur_bufpool_alloc(pool, SIZE);
        pthread_setspecific(leavers[i].key, &leavers[i]);
    }
    return NULL;
}

/* The first key is older than the pool's: call before any pool was used. */
static void make_keys(void)
{
    struct bufpool *pool = new_pool();

    pthread_key_create(&leavers[0].key, free_at_exit);
    use(pool);
    pthread_key_create(&leavers[1].key, free_at_exit);
    aur_bufpool_destroy(pool);
}

static void check_destructors(void)
{
    auraio_buffer_stats_t stats;

    exiting_pool = new_pool();
    run(leave_buffers, exiting_pool);
    is(leavers[0].refused + leavers[1].refused, 0, "an exiting thread frees buffers");
    aur_bufpool_stats(exiting_pool, &stats);
    is(stats.cached_bytes, stats.total_allocated_bytes, "... whatever the order of destructors");
    aur_bufpool_destroy(exiting_pool);
    is(memory_held, 0, "... and nothing is left of them");
}

static void check_cycles(void)
{
    struct bufpool *pool = new_pool();

    run(use_and_exit, pool);
    long held = memory_held;
    for (int i = 0; i < CYCLES; i++)
        run(use_and_exit, pool);
    is(memory_held, held, "%d threads come and go, memory is flat", CYCLES);
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "... and goes with the pool");
}

int main(void)
{
    watch_memory();
    make_keys();
    check_before();
    check_after();
    check_at_once();
    check_many_pools();
    check_pools_of_others();
    check_destructors();
    check_cycles();
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second free of a buffer is told and changes nothing, wherever the buffer
 * went after the first, and of several frees at once exactly one succeeds.
 */
#include "bufpool.h"
#include "support.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define THREADS 2
#define ROUNDS 20000 /* or those of so many seconds, where the threads seldom run at once */
#define LONGEST_S 30
#define FIRST 0x20000000u /* the thread that allocates; its number gives it half the delay */

static struct bufpool *pool;
static void *shared;
static size_t shared_size;
static _Atomic int arrived, freed, already, other, last_round;
static double end_ms;

static bool same_stats(const auraio_buffer_stats_t *before)
{
    auraio_buffer_stats_t now;

    aur_bufpool_stats(pool, &now);
    return memcmp(before, &now, sizeof now) == 0;
}

static void check_twice(size_t size, const char *where)
{
    auraio_buffer_stats_t stats;
    void *buf = aur_bufpool_alloc(pool, size);

    is(aur_bufpool_free(pool, buf), 0, "%zu bytes, %s, freed", size, where);
    aur_bufpool_stats(pool, &stats);
    is(aur_bufpool_free(pool, buf), -EALREADY, "... twice");
    is(aur_bufpool_free(pool, buf), -EALREADY, "... three times");
    ok(same_stats(&stats), "... which changed nothing");
    void *one = aur_bufpool_alloc(pool, size), *two = aur_bufpool_alloc(pool, size);
    ok(one && two && one != two, "... and the next two buffers are two");
    aur_bufpool_free(pool, one);
    aur_bufpool_free(pool, two);
}

/* Enough buffers that most are freed to the depot, not to the thread's cache. */
static void check_many(void)
{
    enum { BUFFERS = 500 };
    void *bufs[BUFFERS];
    int caught = 0;

    for (int i = 0; i < BUFFERS; i++)
        bufs[i] = aur_bufpool_alloc(pool, 4096);
    for (int i = 0; i < BUFFERS; i++)
        aur_bufpool_free(pool, bufs[i]);
    for (int i = 0; i < BUFFERS; i++)
        caught += aur_bufpool_free(pool, bufs[i]) == -EALREADY;
    is(caught, BUFFERS, "a second free of each of many buffers");
}

/* All threads arrive, then all go on at nearly the same time; spinning, for a sleeper wakes late.
 */
static void meet(int meeting)
{
    atomic_fetch_add(&arrived, 1);
    for (int spins = 0; atomic_load(&arrived) < meeting * THREADS; spins++)
        if (spins > 500)
            sched_yield();
}

static void *free_shared(void *arg)
{
    uint32_t random = (uint32_t)(uintptr_t)arg;

    for (int round = 0; round <= last_round; round++) {
        if (random == FIRST)
            shared = aur_bufpool_alloc(pool, shared_size);
        if (random == FIRST && now_ms() > end_ms)
            last_round = round; /* which the other learns when they meet */
        meet(2 * round + 1);
        /* now the one is a little ahead, now the other */
        random = random == FIRST ? FIRST : random * 1103515245u + 12345;
        for (volatile uint32_t delay = random >> 26; delay > 0; delay--)
            ;
        int result = aur_bufpool_free(pool, shared);
        atomic_fetch_add(result == 0 ? &freed : result == -EALREADY ? &already : &other, 1);
        meet(2 * round + 2);
    }
    return NULL;
}

/* Smaller ones go to a cache, larger ones past it. */
static void check_at_once(size_t size)
{
    pthread_t threads[THREADS];

    arrived = freed = already = other = 0;
    last_round = ROUNDS - 1;
    end_ms = now_ms() + LONGEST_S * 1000;
    shared_size = size;
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, free_shared, (void *)(uintptr_t)(FIRST + i));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    is(freed, last_round + 1, "%zu bytes freed by %d threads at once are freed once", size,
       THREADS);
    is(already, (last_round + 1) * (THREADS - 1), "... and the others are told");
    is(other, 0, "... that they came too late");
}

int main(void)
{
    pool = aur_bufpool_create(4096, 2);
    if (!pool)
        bail("no pool");
    check_twice(4096, "kept by the thread");
    check_twice(MIB, "kept by the thread");
    check_twice(8 * MIB, "kept by the depot");
    check_twice(128 * MIB + 1, "back with the system");
    check_many();
    check_at_once(64 * 1024);
    check_at_once(4 * MIB);
    aur_bufpool_destroy(pool);
    return done();
}

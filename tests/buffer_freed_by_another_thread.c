/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any thread may free what any other allocated: a thread that only allocates and
 * one that only frees get along with a bounded amount of memory, and buffers
 * that wander between threads are never in two hands.
 */
#include "bufpool.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define QUEUE 64
#define PASSED 20000
#define THREADS 4
#define SWAPS 10000

static struct bufpool *pool;

/* A bounded queue from the one thread to the other. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void *queue[QUEUE];
static int queued;

/* Where the wandering ones meet; NULL is an empty place. */
static _Atomic(uint64_t *) places[16];
static _Atomic int broken, refused;

static void *only_allocates(void *unused)
{
    (void)unused;
    for (int i = 0; i < PASSED; i++) {
        void *buf = aur_bufpool_alloc(pool, 65536);
        memset(buf, i & 0xff, 64);
        pthread_mutex_lock(&lock);
        while (queued == QUEUE)
            pthread_cond_wait(&changed, &lock);
        queue[queued++] = buf;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void *only_frees(void *unused)
{
    (void)unused;
    for (int i = 0; i < PASSED; i++) {
        pthread_mutex_lock(&lock);
        while (!queued)
            pthread_cond_wait(&changed, &lock);
        void *buf = queue[--queued];
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
        if (aur_bufpool_free(pool, buf))
            atomic_fetch_add(&refused, 1);
    }
    return NULL;
}

static void check_one_way(void)
{
    auraio_buffer_stats_t stats;
    pthread_t from, to;

    pthread_create(&from, NULL, only_allocates, NULL);
    pthread_create(&to, NULL, only_frees, NULL);
    pthread_join(from, NULL);
    pthread_join(to, NULL);
    aur_bufpool_stats(pool, &stats);
    is(refused, 0, "one thread frees what another allocated");
    /* the queue, two caches of 32, a batch on its way to or from each */
    ok(stats.total_buffers <= QUEUE + 2 * 32 + 2 * 32, "%d buffers passed in %llu", PASSED,
       (unsigned long long)stats.total_buffers);
    is(stats.cached_bytes, stats.total_allocated_bytes, "and all lie idle now");
}

/* The first and the last word of a buffer in one hand are equal. */
static void stamp(uint64_t *buf, size_t size, uint64_t value)
{
    buf[0] = value;
    buf[size / sizeof *buf - 1] = value;
}

static void retire(uint64_t *buf)
{
    size_t size = aur_bufpool_size(pool, buf);

    if (size && buf[0] != buf[size / sizeof *buf - 1])
        atomic_fetch_add(&broken, 1);
    if (!size || aur_bufpool_free(pool, buf))
        atomic_fetch_add(&refused, 1);
}

static void *swaps(void *arg)
{
    uint64_t id = (uint64_t)(uintptr_t)arg, random = id * 7919 + 1;

    for (uint64_t i = 0; i < SWAPS; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t size = (size_t)4096 << (random >> 40) % 10;
        uint64_t *buf = aur_bufpool_alloc(pool, size);
        if (!buf) {
            atomic_fetch_add(&refused, 1);
            continue;
        }
        stamp(buf, size, id << 32 | i);
        buf = atomic_exchange(&places[random >> 60], buf);
        if (buf)
            retire(buf);
    }
    return NULL;
}

static void check_wandering(void)
{
    auraio_buffer_stats_t stats;
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, swaps, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (places[i])
            retire(places[i]);
    is(refused, 0, "buffers wander between %d threads and each is freed", THREADS);
    is(broken, 0, "... and was in one hand at a time");
    aur_bufpool_stats(pool, &stats);
    is(stats.cached_bytes, stats.total_allocated_bytes, "and all lie idle now");
}

int main(void)
{
    pool = aur_bufpool_create(4096, 2);
    if (!pool)
        bail("no pool");
    check_one_way();
    check_wandering();
    aur_bufpool_destroy(pool);
    return done();
}

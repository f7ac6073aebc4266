/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process may have used up its thread-specific keys; then no thread can keep
 * buffers to itself, for nobody would tell of its end, and all else is as ever.
 */
#include "buffer_kern.h"
#include "bufpool.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>

#define THREADS 4
#define BUFFERS 40
#define ROUNDS 200

static struct bufpool *pool;
static _Atomic int refused;

static void *use(void *unused)
{
    void *bufs[BUFFERS];

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BUFFERS; i++)
            bufs[i] = aur_bufpool_alloc(pool, (size_t)4096 << i % 8);
        for (int i = 0; i < BUFFERS; i++)
            if (!bufs[i] || aur_bufpool_free(pool, bufs[i]))
                refused++;
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    auraio_buffer_stats_t stats;
    pthread_key_t key;
    int keys = 0;

    while (keys < 100000 && !pthread_key_create(&key, NULL))
        keys++;
    note("%d keys were to be had", keys);
    watch_memory();
    pool = aur_bufpool_create(4096, 2);
    if (!pool)
        bail("no pool");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    is(refused, 0, "%d threads allocate and free", THREADS);
    aur_bufpool_stats(pool, &stats);
    ok(stats.total_buffers <= THREADS * BUFFERS, "... in constant memory");
    is(stats.cached_bytes, stats.total_allocated_bytes, "... and all lies idle then");
    void *buf = aur_bufpool_alloc(pool, 4096);
    is(aur_bufpool_free(pool, buf), 0, "a buffer is freed");
    is(aur_bufpool_free(pool, buf), -EALREADY, "... once");
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "nothing is left behind");
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation the pool makes fails in turn, once and from then on: calls
 * fail with ENOMEM or do without, nothing leaks, and the pool works again when
 * there is memory. Idle buffers are given up before a caller is refused.
 */
#include "buffer_kern.h"
#include "bufpool.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define BUFFERS 80 /* more than the records that are allocated at a time */
#define CALLS_MAX 1000

static const size_t sizes[] = {4 * KIB, 64 * KIB, 256 * KIB, 4 * MIB};

static struct bufpool *pool;
static _Atomic int wrong; /* a call failed without ENOMEM, or was refused what must work */

static void alloc_and_free(int n)
{
    void *bufs[BUFFERS];

    for (int i = 0; i < n; i++) {
        errno = 0;
        bufs[i] = aur_bufpool_alloc(pool, sizes[i == n - 1 ? 3 : i % 3]);
        if (!bufs[i] && errno != ENOMEM)
            wrong++;
    }
    for (int i = 0; i < n; i++)
        if (aur_bufpool_free(pool, bufs[i]))
            wrong++;
}

static void *on_another_thread(void *unused)
{
    alloc_and_free(3);
    return unused;
}

/* False when the calls that were to fail were not reached. */
static bool scenario(long first, long last)
{
    pthread_t thread;

    fail_memory(first, last);
    pool = aur_bufpool_create(4096, 2);
    if (pool) {
        alloc_and_free(BUFFERS);
        pthread_create(&thread, NULL, on_another_thread, NULL);
        pthread_join(thread, NULL);
        alloc_and_free(3);
    }
    bool reached = memory_asked >= first;
    fail_no_memory();
    if (pool) {
        void *buf = aur_bufpool_alloc(pool, 8 * MIB);
        if (!buf || aur_bufpool_free(pool, buf))
            wrong++;
        alloc_and_free(3);
        aur_bufpool_destroy(pool);
    }
    return reached;
}

static void sweep(bool sticky)
{
    const char *how = sticky ? "from then on" : "once";
    long call = 1;

    for (; call < CALLS_MAX; call++) {
        wrong = 0;
        bool reached = scenario(call, sticky ? LONG_MAX : call);
        if (wrong || memory_held) {
            ok(false, "call %ld fails %s: %d wrong, %ld held", call, how, wrong, memory_held);
            return;
        }
        if (!reached)
            break;
    }
    ok(call > 10 && call < CALLS_MAX, "each of %ld allocations fails %s", call - 1, how);
}

static void check_unclassed(void)
{
    pool = aur_bufpool_create(4096, 2);
    fail_memory(1, LONG_MAX);
    errno = 0;
    ok(!aur_bufpool_alloc(pool, 129 * MIB) && errno == ENOMEM, "no memory for a very large one");
    fail_no_memory();
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "... and nothing is left");
}

static void *leave_idle(void *unused)
{
    alloc_and_free(BUFFERS);
    return unused;
}

static void check_idle_is_given_up(void)
{
    auraio_buffer_stats_t stats;
    pthread_t thread;

    pool = aur_bufpool_create(4096, 2);
    pthread_create(&thread, NULL, leave_idle, NULL);
    pthread_join(thread, NULL);
    aur_bufpool_stats(pool, &stats);
    ok(stats.cached_bytes > 0, "%llu bytes lie idle", (unsigned long long)stats.cached_bytes);
    /* the first call is for this thread's cache, the second for the buffer */
    fail_memory(2, 2);
    void *buf = aur_bufpool_alloc(pool, 16 * MIB);
    ok(buf != NULL, "... and are given up when the system has none left");
    aur_bufpool_stats(pool, &stats);
    is(stats.cached_bytes, 0, "... all of them");
    fail_no_memory();
    is(aur_bufpool_free(pool, buf), 0, "... for a buffer");
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "... and nothing is left");
}

int main(void)
{
    watch_memory();
    sweep(false);
    sweep(true);
    check_unclassed();
    check_idle_is_given_up();
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Four threads on several rings submit reads of one device under a limit of three: there are
 * never more of them in flight, whenever one looks, and none is forgotten. */
#include "threads.h"

#include <sched.h>

enum { THREADS = 4, EACH = 1500, BLOCK_BYTES = 512, LIMIT = 3 };

static auraio_engine_t *engine;
static _Atomic int finished, right, refused, over, most;
static int fd;

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)user_data;
    atomic_fetch_add(&right, result == BLOCK_BYTES);
    atomic_fetch_add(&finished, 1);
}

static void *submit_and_poll(void *arg)
{
    static unsigned char sink[BLOCK_BYTES]; /* the same bytes from all */

    (void)arg;
    for (int i = 0; i < EACH;) {
        bool full = false;
        if (auraio_read(engine, fd, auraio_buf(sink), BLOCK_BYTES, 0, count, NULL))
            i++;
        else if (!(full = errno == EAGAIN))
            i++, atomic_fetch_add(&refused, 1);
        if (full || i % 8 == 0)
            auraio_poll(engine);
    }
    return NULL;
}

static void *look(void *arg)
{
    auraio_target_stats_t target;

    (void)arg;
    while (!atomic_load(&over)) {
        if (auraio_get_target_stats(engine, 0, &target) == 0 &&
            target.in_flight > atomic_load(&most))
            atomic_store(&most, target.in_flight);
        sched_yield();
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS], watcher;
    auraio_options_t options;
    auraio_stats_t stats;

    fd = scratch_file("file", BLOCK_BYTES, 0);
    test_options(&options);
    options.disable_adaptive = true;
    options.ring_count = 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "a limit of %d", LIMIT);
    start_threads(&watcher, 1, look, NULL);
    start_threads(threads, THREADS, submit_and_poll, NULL);
    join_threads(threads, THREADS);
    ok(auraio_drain(engine, 60000) >= 0, "drain");
    atomic_store(&over, 1);
    join_threads(&watcher, 1);
    is(atomic_load(&refused), 0, "nothing was refused but for want of room");
    is(atomic_load(&finished), THREADS * EACH, "all complete");
    is(atomic_load(&right), THREADS * EACH, "with the right length");
    ok(atomic_load(&most) <= LIMIT, "never more in flight than that (%d seen)", atomic_load(&most));
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    ok(stats.peak_in_flight <= LIMIT, "by its own account too (%d)", stats.peak_in_flight);
    is(stats.current_in_flight + stats.queued, 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}

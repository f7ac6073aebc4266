/* SPDX-License-Identifier: Apache-2.0 */
/* A callback may put one new operation in the place of its own, on a ring that is full, while
 * callbacks run on other threads too: it is never told that there is no room. */
#include "threads.h"

enum { DEPTH = 8, THREADS = 4, EACH = 2500 };

static auraio_engine_t *engine;
static _Atomic int begun, ended, refused;

static void again(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    if (atomic_fetch_add(&begun, 1) < DEPTH * EACH && !auraio_nop(engine, again, user_data))
        atomic_fetch_add(&refused, 1);
    atomic_fetch_add(&ended, 1);
}

static void *wait_for_all(void *unused)
{
    double end_ms = now_ms() + 60000;

    while (atomic_load(&ended) < DEPTH * EACH + DEPTH && !atomic_load(&refused) &&
           now_ms() < end_ms)
        auraio_wait(engine, 10);
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1;
    options.queue_depth = DEPTH;
    engine = test_engine(&options);
    for (int i = 0; i < DEPTH; i++)
        ok(auraio_nop(engine, again, NULL) != NULL, "operation %d fills the ring", i);
    start_threads(threads, THREADS, wait_for_all, NULL);
    join_threads(threads, THREADS);
    is(atomic_load(&refused), 0, "no callback is refused its own place");
    is(atomic_load(&ended), DEPTH * EACH + DEPTH, "all complete");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* While a callback runs, no lock of the library is held: other threads submit, complete, cancel,
 * register and ask, and it waits for them to have done it. */
#include "slow.h"
#include "threads.h"

static auraio_engine_t *engine;
static struct slow slow;
static _Atomic int in_callback, others_done, came_in_time, done_right;

static void wait_for_others(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    atomic_store(&in_callback, 1);
    atomic_store(&came_in_time, reaches(&others_done, 1));
}

static void *do_things(void *arg)
{
    static unsigned char registered[4096];
    const struct iovec iov = {registered, sizeof registered};
    struct seen seen = {0};
    auraio_stats_t stats;
    int right = 0;

    (void)arg;
    reaches(&in_callback, 1);
    right += outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0;
    right += auraio_cancel(engine, slow.req) == 0;
    right += auraio_flush(engine) == 0;
    right += auraio_poll(engine) >= 0;
    right += auraio_pending_count(engine) >= 0;
    right += auraio_get_stats(engine, &stats) == 0;
    right += auraio_register_buffers(engine, &iov, 1) == 0;
    right += auraio_unregister_buffers(engine) == 0;
    right += auraio_set_max_in_flight(engine, 9) == 0;
    void *buffer = auraio_buffer_alloc(engine, 4096);
    right += buffer != NULL;
    auraio_buffer_free(engine, buffer);
    right += auraio_wakeup(engine) == 0;
    atomic_store(&done_right, right);
    atomic_store(&others_done, 1);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    need_others_while_asleep();
    engine = test_engine(NULL);
    slow_start(engine, &slow);
    start_threads(&thread, 1, do_things, NULL);
    ok(auraio_nop(engine, wait_for_others, NULL), "an operation whose callback waits");
    for (double end_ms = now_ms() + 60000; !atomic_load(&in_callback) && now_ms() < end_ms;)
        auraio_wait(engine, 100);
    join_threads(&thread, 1);
    is(atomic_load(&came_in_time), 1, "another thread did everything meanwhile");
    is(atomic_load(&done_right), 11, "and did it right");
    slow_end(&slow);
    ok(auraio_drain(engine, 60000) >= 0, "the rest completes");
    slow_close(&slow);
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A callback that takes its time keeps its place, though its operation is no longer pending: the
 * ring is full, and what comes then goes to another. */
#include "threads.h"

enum { QUICK = 20 };

static _Atomic int inside, released;

static void sit(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    atomic_store(&inside, 1);
    reaches(&released, 1);
}

static void *wait_until_released(void *engine)
{
    while (!atomic_load(&released))
        auraio_wait(engine, 10);
    return NULL;
}

int main(void)
{
    struct seen seen = {0};
    auraio_options_t options;
    pthread_t thread;
    int taken = 0;

    test_options(&options);
    options.ring_count = 2;
    options.queue_depth = 1;
    auraio_engine_t *engine = test_engine(&options);
    ok(auraio_nop(engine, sit, NULL) != NULL, "an operation fills a ring of one");
    start_threads(&thread, 1, wait_until_released, engine);
    ok(reaches(&inside, 1), "its callback sits");
    is(auraio_pending_count(engine), 0, "nothing is pending");
    for (int i = 0; i < QUICK; i++)
        taken += outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0;
    is(taken, QUICK, "others go to the ring that is empty");
    atomic_store(&released, 1);
    join_threads(&thread, 1);
    ok(auraio_drain(engine, 60000) >= 0, "drain");
    auraio_destroy(engine);
    return done();
}

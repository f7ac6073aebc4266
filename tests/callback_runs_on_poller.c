/* SPDX-License-Identifier: Apache-2.0 */
/* A callback runs on a thread that polls, never on the one that only submits, nor on a thread of
 * the library's own. */
#include "threads.h"

enum { OPERATIONS = 1000 };

static auraio_engine_t *engine;
static pthread_t poller;
static int on_poller, called, accepted;
static _Atomic int over;

static void check_thread(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    called++;
    on_poller += pthread_equal(pthread_self(), poller) != 0;
}

static void *submit_only(void *arg)
{
    (void)arg;
    for (int i = 0; i < OPERATIONS;) {
        if (auraio_nop(engine, check_thread, NULL))
            i++, accepted++;
        else if (errno != EAGAIN)
            break;
        else
            auraio_flush(engine);
        if (i % 100 == 0)
            auraio_flush(engine);
    }
    atomic_store(&over, 1);
    return NULL;
}

int main(void)
{
    pthread_t submitter;
    int taken = 0;

    need_others_while_asleep();
    poller = pthread_self();
    engine = test_engine(NULL);
    start_threads(&submitter, 1, submit_only, NULL);
    while (!atomic_load(&over)) {
        int n = auraio_wait(engine, 20);
        taken += n > 0 ? n : 0;
    }
    join_threads(&submitter, 1);
    taken += auraio_drain(engine, 60000);
    is(accepted, OPERATIONS, "a thread submits");
    is(taken, OPERATIONS, "another one takes");
    is(called, OPERATIONS, "each callback has run");
    is(on_poller, OPERATIONS, "on the one that takes");
    auraio_destroy(engine);
    return done();
}

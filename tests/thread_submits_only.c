/* SPDX-License-Identifier: Apache-2.0 */
/* One thread submits and never polls, another one waits: all comes to it, also while the first is
 * busy or sleeps, and with more than the rings hold. */
#include "threads.h"

enum { OPERATIONS = 10000, BLOCK_BYTES = 512 };

static auraio_engine_t *engine;
static _Atomic int finished, right, over;
static int accepted, full, refused, fd;
static unsigned char sink[BLOCK_BYTES];

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)user_data;
    atomic_fetch_add(&right, result == BLOCK_BYTES);
    atomic_fetch_add(&finished, 1);
}

static void be_busy(void)
{
    for (double end_ms = now_ms() + 2; now_ms() < end_ms;)
        ;
}

static void *submit_only(void *arg)
{
    (void)arg;
    while (accepted < OPERATIONS && !refused) {
        if (auraio_read(engine, fd, auraio_buf(sink), BLOCK_BYTES, 0, count, NULL))
            accepted++;
        else if (errno == EAGAIN)
            full++;
        else
            refused = errno;
        if (accepted % 1000 == 0)
            be_busy();
        if (accepted % 1500 == 0)
            sleep_ms(2);
    }
    atomic_store(&over, 1);
    return NULL;
}

int main(void)
{
    pthread_t submitter;
    int taken = 0;

    need_others_while_asleep();
    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    start_threads(&submitter, 1, submit_only, NULL);
    double moved_ms = now_ms();
    while (taken < OPERATIONS && now_ms() - moved_ms < 60000) {
        int n = auraio_wait(engine, 1000);
        taken += n > 0 ? n : 0;
        moved_ms = n > 0 ? now_ms() : moved_ms;
    }
    join_threads(&submitter, 1);
    is(refused, 0, "nothing was refused but for want of room");
    is(accepted, OPERATIONS, "%d operations were submitted", OPERATIONS);
    is(taken, OPERATIONS, "all were taken by the other thread");
    is(atomic_load(&finished), OPERATIONS, "each callback has run");
    is(atomic_load(&right), OPERATIONS, "with the right length");
    note("refused for want of room: %d", full);
    auraio_destroy(engine);
    return done();
}

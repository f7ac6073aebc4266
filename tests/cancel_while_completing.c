/* SPDX-License-Identifier: Apache-2.0 */
/* One thread cancels what another one completes at the same moment: one callback each, and none
 * but the operation that was meant is stopped. */
#include "threads.h"

enum { ROUNDS = 10000, BLOCK_BYTES = 512 };

struct counts {
    int stopped, real, others;
};

static auraio_engine_t *engine;
static _Atomic(auraio_request_t *) target;
static _Atomic int over, asked, bad_errno;

static void *cancel_always(void *arg)
{
    auraio_request_t *last = NULL;

    (void)arg;
    while (!atomic_load(&over)) {
        auraio_request_t *req = atomic_load(&target);
        if (!req || req == last)
            continue;
        last = req;
        if (auraio_cancel(engine, req) == 0)
            atomic_fetch_add(&asked, 1);
        else if (errno != EALREADY)
            atomic_fetch_add(&bad_errno, 1);
    }
    return NULL;
}

/* One of two reads is cancelled by the other thread; false when either does not come. */
static bool round_of(int fd, int i, struct counts *counts)
{
    static unsigned char bufs[2][BLOCK_BYTES];
    struct seen victim = {0}, other = {0};
    auraio_request_t *req =
        auraio_read(engine, fd, auraio_buf(bufs[0]), BLOCK_BYTES, 0, see, &victim);

    atomic_store(&target, req);
    if (!req || !auraio_read(engine, fd, auraio_buf(bufs[1]), BLOCK_BYTES, 0, see, &other))
        return false;
    if (i % 4)
        auraio_flush(engine);
    if (!wait_seen(engine, &victim) || !wait_seen(engine, &other))
        return false;
    counts->stopped += victim.result == -ECANCELED;
    counts->real += victim.result == BLOCK_BYTES && matches_pattern(bufs[0], BLOCK_BYTES, 0);
    counts->others += other.result == BLOCK_BYTES && matches_pattern(bufs[1], BLOCK_BYTES, 0);
    return true;
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0), rounds = 0;
    struct counts counts = {0, 0, 0};
    pthread_t canceller;

    engine = test_engine(NULL);
    start_threads(&canceller, 1, cancel_always, NULL);
    while (rounds < ROUNDS && round_of(fd, rounds, &counts))
        rounds++;
    atomic_store(&over, 1);
    join_threads(&canceller, 1);
    is(rounds, ROUNDS, "in every round both callbacks ran, once each");
    is(counts.real + counts.stopped, rounds, "the one was stopped or gave its own result");
    is(counts.others, rounds, "the other was never stopped");
    is(atomic_load(&bad_errno), 0, "a cancel that came too late said EALREADY");
    ok(counts.stopped <= atomic_load(&asked), "nothing was stopped that nobody asked for");
    note("%d cancels asked for, %d stopped", atomic_load(&asked), counts.stopped);
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}

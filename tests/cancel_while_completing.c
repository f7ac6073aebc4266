/* SPDX-License-Identifier: Apache-2.0 */
/* One thread cancels what another one completes at the same moment: one callback each, and none
 * but the operation that was meant is stopped. The two set out together, and the first pauses
 * longer after each cancel that came in time, and shorter after one that came too late. */
#include "threads.h"

#include <sched.h>

enum {
    ROUNDS = 3000,
    FEWEST = 100,
    BLOCK_BYTES = 512,
    STEP = 50,
    LONGEST = 50000000 /* turns of a loop */,
    MOST_MS = 60000
};

struct counts {
    int stopped, real, others;
};

static auraio_engine_t *engine;
static _Atomic(auraio_request_t *) target;
static _Atomic int started, met, answered, over, asked, bad_errno;

static void pause_for(int turns)
{
    for (volatile int i = 0; i < turns; i = i + 1)
        ;
}

/* The number of a round other than seen, or -1 when there is none to come. */
static int next_round(int seen)
{
    while (atomic_load(&started) == seen && !atomic_load(&over))
        sched_yield();
    return atomic_load(&over) ? -1 : atomic_load(&started);
}

static void wait_for_round(_Atomic int *counter, int round)
{
    while (atomic_load(counter) != round)
        sched_yield();
}

static void *cancel_always(void *arg)
{
    int pause = 0;

    (void)arg;
    for (int round = 0; (round = next_round(round)) > 0;) {
        atomic_store(&met, round);
        pause_for(pause);
        if (auraio_cancel(engine, atomic_load(&target)) == 0) {
            atomic_fetch_add(&asked, 1);
            pause += pause < LONGEST ? pause / 8 + STEP : 0;
        } else {
            atomic_fetch_add(&bad_errno, errno != EALREADY);
            pause -= pause >= STEP ? pause / 8 : 0;
        }
        atomic_store(&answered, round);
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

    if (!req || !auraio_read(engine, fd, auraio_buf(bufs[1]), BLOCK_BYTES, 0, see, &other))
        return false;
    atomic_store(&target, req);
    atomic_store(&started, i + 1);
    wait_for_round(&met, i + 1);
    if (i % 4)
        auraio_flush(engine);
    if (!wait_seen(engine, &victim) || !wait_seen(engine, &other))
        return false;
    wait_for_round(&answered, i + 1);
    counts->stopped += victim.result == -ECANCELED;
    counts->real += victim.result == BLOCK_BYTES && matches_pattern(bufs[0], BLOCK_BYTES, 0);
    counts->others += other.result == BLOCK_BYTES && matches_pattern(bufs[1], BLOCK_BYTES, 0);
    return true;
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0), rounds = 0, all = rounds_of_race(ROUNDS);
    struct counts counts = {0, 0, 0};
    pthread_t canceller;

    need_others_while_asleep();
    engine = test_engine(NULL);
    start_threads(&canceller, 1, cancel_always, NULL);
    double end_ms = now_ms() + (all > ROUNDS ? 1e12 : MOST_MS);
    bool good = true;
    while (rounds < all && good && (rounds < FEWEST || now_ms() < end_ms)) {
        good = round_of(fd, rounds, &counts);
        rounds += good;
    }
    atomic_store(&over, 1);
    join_threads(&canceller, 1);
    ok(good, "in every round both callbacks ran, once each");
    is(counts.real + counts.stopped, rounds, "the one was stopped or gave its own result");
    is(counts.others, rounds, "the other was never stopped");
    is(atomic_load(&bad_errno), 0, "a cancel that came too late said EALREADY");
    ok(counts.stopped <= atomic_load(&asked), "nothing was stopped that nobody asked for");
    ok(atomic_load(&asked) > 0 && atomic_load(&asked) < rounds,
       "some cancels came in time, others too late (%d of %d, %d stopped)", atomic_load(&asked),
       rounds, counts.stopped);
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads run one engine that others feed; one stop ends them all. */
#include "threads.h"

enum { RUNNERS = 4, FEEDERS = 2, EACH = 2000, BLOCK_BYTES = 512 };

struct lane {
    unsigned char buf[BLOCK_BYTES];
    _Atomic int calls;
};

static auraio_engine_t *engine;
static struct lane lanes[FEEDERS][EACH];
static _Atomic int finished, right, returned, feeder, running, refused;
static int fd;

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;

    (void)req;
    atomic_fetch_add(&lane->calls, 1);
    atomic_fetch_add(&right, result == BLOCK_BYTES && matches_pattern(lane->buf, BLOCK_BYTES, 0));
    atomic_fetch_add(&finished, 1);
}

static void *run(void *arg)
{
    (void)arg;
    atomic_fetch_add(&running, 1);
    atomic_fetch_add(&returned, auraio_run(engine) == 0);
    return NULL;
}

static void *feed(void *arg)
{
    struct lane *lane = lanes[atomic_fetch_add(&feeder, 1)];

    (void)arg;
    for (int i = 0; i < EACH; i++, lane++)
        while (!auraio_read(engine, fd, auraio_buf(lane->buf), BLOCK_BYTES, 0, count, lane)) {
            if (errno != EAGAIN) {
                atomic_fetch_add(&refused, 1);
                break;
            }
            sleep_ms(1);
        }
    return NULL;
}

int main(void)
{
    pthread_t runners[RUNNERS], feeders[FEEDERS];
    int once = 0;

    need_others_while_asleep();
    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    start_threads(runners, RUNNERS, run, NULL);
    start_threads(feeders, FEEDERS, feed, NULL);
    join_threads(feeders, FEEDERS);
    is(atomic_load(&refused), 0, "nothing was refused but for want of room");
    ok(reaches(&finished, FEEDERS * EACH), "all complete, though nobody submits any more");
    is(atomic_load(&returned), 0, "all runners are still at it");
    ok(reaches(&running, RUNNERS), "every runner has begun");
    others_fall_asleep(); /* and is in its run by now */
    is(auraio_stop(engine), 0, "stop");
    join_threads(runners, RUNNERS);
    is(atomic_load(&returned), RUNNERS, "every run has ended well");
    is(atomic_load(&right), FEEDERS * EACH, "every read was right");
    for (int i = 0; i < FEEDERS; i++)
        for (int k = 0; k < EACH; k++)
            once += lanes[i][k].calls == 1;
    is(once, FEEDERS * EACH, "every callback ran once");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* QUEUE: what is beyond the limit of a target is held back in the library, and moves up in order
 * as others complete; what goes to another target is not held back for it. */
#include "slow.h"

enum { OPERATIONS = 10, LIMIT = 3 };

static auraio_engine_t *engine;

static auraio_target_stats_t pipes(void)
{
    auraio_target_stats_t target = {0};

    is(auraio_get_target_stats(engine, 0, &target), 0, "the pipes' target");
    return target;
}

struct taken {
    unsigned char byte;
    int number;
};

static int taken;

static void take_number(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct taken *one = user_data;

    (void)req;
    one->number = result == 1 ? taken++ : -1;
}

/* One at a time from one pipe: who gets which byte shows in which order they begin. */
static void moves_up_in_order(void)
{
    struct taken bytes[OPERATIONS] = {{0}};
    int ends[2], in_order = 0, accepted = 0;

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    is(auraio_set_max_in_flight(engine, 1), 0, "a limit of 1");
    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_read(engine, ends[0], auraio_buf(&bytes[i].byte), 1, 0, take_number,
                                &bytes[i]) != NULL;
    is(accepted, OPERATIONS, "reads of one pipe");
    is(write(ends[1], "abcdefghij", OPERATIONS), OPERATIONS, "a byte for each");
    is(auraio_drain(engine, 60000), OPERATIONS, "all complete");
    for (int i = 0; i < OPERATIONS; i++)
        in_order += bytes[i].byte == 'a' + i && bytes[i].number == i;
    is(in_order, OPERATIONS, "in the order in which they were submitted");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    struct slow slow[OPERATIONS];
    auraio_options_t options;
    auraio_stats_t stats;
    unsigned char byte;
    struct seen seen = {0};
    int in_order = 0;

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "a limit of %d", LIMIT);
    for (int i = 0; i < OPERATIONS; i++)
        slow_start(engine, &slow[i]);
    is(auraio_pending_count(engine), OPERATIONS, "%d operations are pending", OPERATIONS);
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.current_in_flight, LIMIT, "as many as the limit allows are in flight");
    is(stats.queued, OPERATIONS - LIMIT, "the others are held back");
    is(stats.eagain_count, 0, "none was refused");
    auraio_target_stats_t target = pipes();
    is(target.limit, LIMIT, "its limit");
    is(target.in_flight, LIMIT, "in flight");
    is(target.queued, OPERATIONS - LIMIT, "held back");

    int file = scratch_file("file", 1, 0);
    is(outcome(engine, auraio_read(engine, file, auraio_buf(&byte), 1, 0, see, &seen), &seen), 1,
       "a read of another target passes");
    is(outcome(engine, auraio_fsync(engine, slow[0].out, AURAIO_FSYNC_DEFAULT, see, &seen), &seen),
       -EINVAL, "an operation that moves no data too");

    for (int i = OPERATIONS; i-- > LIMIT;)
        slow_end(&slow[i]);
    is(auraio_wait(engine, 50), 0, "nothing that is held back has begun");
    for (int i = 0; i < LIMIT; i++)
        slow_end(&slow[i]);
    ok(auraio_drain(engine, 60000) >= 0, "all complete once the first ones do");
    for (int i = 0; i < OPERATIONS; i++) {
        in_order += slow[i].seen.calls == 1 && slow[i].seen.result == 1;
        slow_close(&slow[i]);
    }
    is(in_order, OPERATIONS, "each with its own result");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.queued + stats.current_in_flight, 0, "nothing is left");
    ok(stats.peak_in_flight <= LIMIT + 2, "never more in flight than that (%d)",
       stats.peak_in_flight);
    moves_up_in_order();
    auraio_destroy(engine);
    return done();
}

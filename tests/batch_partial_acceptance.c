/* SPDX-License-Identifier: Apache-2.0 */
/* A batch larger than the room is taken in part, from the front; the rest may come again
 * when there is room. Reads of an empty pipe hold the slots. */
#include "outcome.h"

enum { DEPTH = 8, N = 40 };

static char bytes[N];
static struct seen seen[N];

static int completed(int from, int to)
{
    int n = 0;

    for (int i = from; i < to; i++)
        n += seen[i].calls == 1 && seen[i].result == 1;
    return n;
}

/* Most operations the library may hold: the kernel's and, when it queues, its own. */
static void fills(auraio_overflow_t overflow, int most)
{
    auraio_options_t options;
    auraio_op_t ops[N];
    auraio_stats_t stats;
    int ends[2], rounds = 0;

    memset(seen, 0, sizeof seen);
    test_options(&options);
    options.queue_depth = DEPTH;
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.overflow = overflow;
    auraio_engine_t *engine = test_engine(&options);
    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    for (int i = 0; i < N; i++)
        ops[i] = transfer_op(AURAIO_OP_READ, ends[0], &bytes[i], 1, 0, &seen[i]);

    ssize_t accepted = auraio_submit(engine, ops, N, NULL);
    ok(accepted >= DEPTH && accepted <= most, "overflow %d: %zd of %d are accepted", (int)overflow,
       accepted, N);
    is(auraio_pending_count(engine), accepted, "so many are pending");
    is(auraio_submit(engine, ops + accepted, 1, NULL), -1, "the next is refused");
    is(errno, EAGAIN, "with EAGAIN");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    ok(stats.eagain_count >= 1, "count the refusals (%llu)",
       (unsigned long long)stats.eagain_count);
    is(auraio_poll(engine), 0, "nothing completes");

    for (ssize_t at = accepted; rounds < N && accepted > 0; rounds++) {
        is(write(ends[1], bytes, (size_t)accepted), accepted, "data for all that were taken");
        is(auraio_drain(engine, 60000), accepted, "they complete");
        is(completed(0, (int)at), at, "each once");
        is(completed((int)at, N), 0, "the others not");
        if (at == N)
            break;
        accepted = auraio_submit(engine, ops + at, (size_t)(N - at), NULL);
        ok(accepted > 0, "of the rest %zd are accepted", accepted);
        at += accepted;
    }
    is(completed(0, N), N, "in the end all of them");
    auraio_destroy(engine);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    fills(AURAIO_OVERFLOW_EAGAIN, DEPTH);
    fills(AURAIO_OVERFLOW_QUEUE, 2 * DEPTH);
    return done();
}

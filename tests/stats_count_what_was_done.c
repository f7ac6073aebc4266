/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics count exactly what was done: operations, failures, bytes, refusals. */
#include "outcome.h"

enum { READS = 300, WRITES = 100, FAILURES = 50, NOPS = 70, SHORTS = 10, BLOCK_BYTES = 4096 };
enum { ALL = READS + WRITES + FAILURES + NOPS + SHORTS };

static auraio_engine_t *engine;
static unsigned char buf[BLOCK_BYTES];
static int accepted;

/* Submits n of a kind and drains now and then, so that the rings never fill up. */
static void submit(int n, auraio_op_t op)
{
    for (int i = 0; i < n; i++) {
        op.callback = NULL;
        accepted += auraio_submit(engine, &op, 1, NULL) == 1;
        if (i % 50 == 49)
            auraio_drain(engine, 60000);
    }
    auraio_drain(engine, 60000);
}

static void engine_counts(const auraio_stats_t *s)
{
    is(s->ops_completed, ALL, "operations");
    is(s->ops_failed, FAILURES, "of which failed");
    is(s->bytes_transferred, (READS + WRITES) * BLOCK_BYTES + SHORTS * 100, "bytes");
    is(s->current_in_flight, 0, "nothing is in flight");
    is(s->queued, 0, "or held back");
    ok(s->peak_in_flight >= 1 && s->peak_in_flight <= 60, "the peak (%d)", s->peak_in_flight);
    is(s->eagain_count, 0, "nothing was refused");
    is(s->abandoned, 0, "nothing was given up");
    ok(s->resubmitted <= SHORTS * 2, "what was done again (%llu)",
       (unsigned long long)s->resubmitted);
    is(s->reserved0, 0, "what is reserved is zero");
    ok(all_bytes_are((const unsigned char *)s->reserved, sizeof s->reserved, 0), "all of it");
    if (!on_threads())
        ok(s->submit_calls > 0 && s->submit_calls <= ALL * 2, "system calls (%llu)",
           (unsigned long long)s->submit_calls);
}

static void rings_add_up(void)
{
    auraio_ring_stats_t ring;
    int64_t ops = 0, bytes = 0, pending = 0;

    for (int i = 0; i < auraio_get_ring_count(engine); i++) {
        if (auraio_get_ring_stats(engine, i, &ring) != 0)
            bail("ring %d has no statistics", i);
        ops += ring.ops_completed;
        bytes += ring.bytes_transferred;
        pending += ring.pending_count;
        ok(all_bytes_are((unsigned char *)ring.reserved, sizeof ring.reserved, 0) &&
               !ring.reserved0,
           "ring %d: what is reserved is zero", i);
    }
    is(ops, ALL, "the rings' operations add up");
    is(bytes, (READS + WRITES) * BLOCK_BYTES + SHORTS * 100, "their bytes too");
    is(pending, 0, "nothing is pending");
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0), short_fd = scratch_file("short", 100, 0);
    auraio_stats_t stats;

    engine = test_engine(NULL);
    memset(&stats, 0xa5, sizeof stats);
    is(auraio_get_stats(engine, &stats), 0, "a fresh engine");
    is(stats.ops_completed + stats.ops_failed + stats.bytes_transferred, 0, "has done nothing");
    submit(READS, transfer_op(AURAIO_OP_READ, fd, buf, sizeof buf, 0, NULL));
    submit(WRITES, transfer_op(AURAIO_OP_WRITE, fd, buf, sizeof buf, 0, NULL));
    submit(FAILURES, transfer_op(AURAIO_OP_READ, 99999, buf, sizeof buf, 0, NULL));
    submit(NOPS, simple_op(AURAIO_OP_NOP, -1, NULL));
    submit(SHORTS, transfer_op(AURAIO_OP_READ, short_fd, buf, sizeof buf, 0, NULL));
    is(accepted, ALL, "all are accepted");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    engine_counts(&stats);
    rings_add_up();
    auraio_destroy(engine);
    return done();
}

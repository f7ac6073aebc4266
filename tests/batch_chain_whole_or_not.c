/* SPDX-License-Identifier: Apache-2.0 */
/* A chain is admitted whole or not at all: with room for a part of it, it is refused. */
#include "outcome.h"

enum { DEPTH = 8, HELD = 5, CHAIN = 4 };

static auraio_engine_t *engine;
static char bytes[DEPTH];
static struct seen held[HELD], seen[DEPTH];

static auraio_engine_t *small_engine(void)
{
    auraio_options_t options;

    test_options(&options);
    options.queue_depth = DEPTH;
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    return test_engine(&options);
}

/* Singles, then a chain. */
static void make(auraio_op_t *ops, int singles)
{
    for (int i = 0; i < singles + CHAIN; i++) {
        ops[i] = simple_op(AURAIO_OP_NOP, -1, &seen[i]);
        ops[i].flags = i >= singles && i < singles + CHAIN - 1 ? AURAIO_OPF_LINK : 0;
    }
    memset(seen, 0, sizeof seen);
}

static int called(void)
{
    int n = 0;

    for (int i = 0; i < DEPTH; i++)
        n += seen[i].calls;
    return n;
}

int main(void)
{
    auraio_op_t pipes[HELD], ops[DEPTH];
    int ends[2];

    engine = small_engine();
    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    for (int i = 0; i < HELD; i++)
        pipes[i] = transfer_op(AURAIO_OP_READ, ends[0], &bytes[i], 1, 0, &held[i]);
    is(auraio_submit(engine, pipes, HELD, NULL), HELD, "%d of %d slots are held", HELD, DEPTH);

    make(ops, 0);
    is(auraio_submit(engine, ops, CHAIN, NULL), -1, "a chain of %d is refused", CHAIN);
    is(errno, EAGAIN, "with EAGAIN");
    is(auraio_pending_count(engine), HELD, "no part of it was taken");
    make(ops, 1);
    is(auraio_submit(engine, ops, 1 + CHAIN, NULL), 1, "a single before it is taken");
    is(auraio_wait_n(engine, 1, 60000), 1, "and completes");
    is(called(), 1, "alone");

    is(write(ends[1], bytes, 2), 2, "two slots more");
    is(auraio_wait_n(engine, 2, 60000), 2, "become free");
    make(ops, 0);
    is(auraio_submit(engine, ops, CHAIN, NULL), CHAIN, "now the chain is taken");
    is(auraio_wait_n(engine, CHAIN, 60000), CHAIN, "and completes");
    is(called(), CHAIN, "all of it");

    is(write(ends[1], bytes, HELD - 2), HELD - 2, "the rest");
    is(auraio_drain(engine, 60000), HELD - 2, "completes");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever becomes of an operation, its callback runs once: after success, failure, cancel,
 * deadline and end of file, on an engine that holds back as on one that does not. */
#include "slow.h"

enum { ROUNDS = 40, KINDS = 7, ALL = ROUNDS * KINDS, BLOCK_BYTES = 512 };

static struct seen seen[ALL];
static unsigned char bufs[ALL][BLOCK_BYTES];

/* Submits one of each kind; its wanted result goes to wanted[]. */
static int submit_kinds(auraio_engine_t *engine, int fd, int pipe, int at, ssize_t *wanted)
{
    auraio_op_t ops[KINDS];
    ssize_t results[KINDS] = {BLOCK_BYTES, 0, -EBADF, 0, -ENOENT, 0, -ETIME};

    for (int i = 0; i < KINDS; i++)
        ops[i] = transfer_op(AURAIO_OP_READ, fd, bufs[at + i], BLOCK_BYTES, 0, &seen[at + i]);
    ops[1].offset = 1 << 20;
    ops[2].fd = 99999;
    ops[3] = simple_op(AURAIO_OP_NOP, -1, &seen[at + 3]);
    ops[4] = simple_op(AURAIO_OP_UNLINKAT, AT_FDCWD, &seen[at + 4]);
    ops[4].args.unlinkat.path = "/no such file";
    ops[5] = simple_op(AURAIO_OP_FSYNC, fd, &seen[at + 5]);
    ops[6].fd = pipe;
    ops[6].len = 1;
    ops[6].timeout_ms = 20;
    memcpy(wanted, results, sizeof results);
    return (int)auraio_submit(engine, ops, KINDS, NULL);
}

static void with_limit(int limit, int fd)
{
    static ssize_t wanted[ALL];
    int accepted = 0, once = 0, as_wanted = 0;
    auraio_options_t options;
    struct slow pipe;

    memset(seen, 0, sizeof seen);
    test_options(&options);
    options.disable_adaptive = true;
    options.backend_threads = ROUNDS + 2;
    options.queue_depth = ALL;
    auraio_engine_t *engine = test_engine(&options);
    auraio_set_max_in_flight(engine, limit);
    slow_open(&pipe);
    for (int i = 0; i < ALL; i += KINDS)
        accepted += submit_kinds(engine, fd, pipe.out, i, &wanted[i]);
    is(accepted, ALL, "limit %d: all are accepted", limit);
    ok(auraio_drain(engine, 60000) >= 0, "all complete");
    auraio_poll(engine);
    for (int i = 0; i < ALL; i++) {
        once += seen[i].calls == 1;
        as_wanted += seen[i].result == wanted[i];
    }
    is(once, ALL, "each callback has run once");
    is(as_wanted, ALL, "with the result that its kind has");
    slow_close(&pipe);
    auraio_destroy(engine);
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0);

    with_limit(0, fd);
    with_limit(3, fd);
    return done();
}

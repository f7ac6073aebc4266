/* SPDX-License-Identifier: Apache-2.0 */
/* A chain has at most AURAIO_CHAIN_MAX operations. A longer one, or one with an invalid
 * member, is refused whole; a link on the last operation of a batch ends there. */
#include "outcome.h"

enum { MOST = AURAIO_CHAIN_MAX + 2 };

static auraio_engine_t *engine;
static struct seen seen[MOST];
static auraio_op_t ops[MOST];

static void make(int first, int n)
{
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < MOST; i++)
        ops[i] = simple_op(AURAIO_OP_NOP, -1, &seen[i]);
    for (int i = first; i < first + n - 1; i++)
        ops[i].flags = AURAIO_OPF_LINK;
}

static void submitted(size_t n, ssize_t wanted, const char *what)
{
    int ran = 0, started = wanted < 0 ? 0 : (int)wanted;

    errno = 0;
    is(auraio_submit(engine, ops, n, NULL), wanted, "%s", what);
    ok(wanted >= 0 || errno == EINVAL, "errno is right");
    is(auraio_pending_count(engine), started, "so many are under way");
    is(auraio_drain(engine, 60000), started, "and complete");
    for (int i = 0; i < MOST; i++)
        ran += seen[i].calls == (i < started) && (i >= started || seen[i].result == 0);
    is(ran, MOST, "those and no others call back");
}

static void trailing_link(void)
{
    make(0, 1);
    ops[0].flags = AURAIO_OPF_LINK;
    ops[0].type = AURAIO_OP_UNLINKAT;
    ops[0].args.unlinkat.path = "/nonexistent/auraio";
    ops[0].fd = AT_FDCWD;
    is(auraio_submit(engine, ops, 1, NULL), 1, "a link on the last of a batch");
    is(auraio_submit(engine, ops + 1, 1, NULL), 1, "another batch");
    is(auraio_drain(engine, 60000), 2, "both complete");
    is(seen[0].result, -ENOENT, "the first fails");
    is(seen[1].result, 0, "the second is not its successor");
}

int main(void)
{
    engine = test_engine(NULL);
    make(0, AURAIO_CHAIN_MAX);
    submitted(AURAIO_CHAIN_MAX, AURAIO_CHAIN_MAX, "the longest chain");
    make(0, AURAIO_CHAIN_MAX + 1);
    submitted(AURAIO_CHAIN_MAX + 1, -1, "one operation more");
    make(1, AURAIO_CHAIN_MAX + 1);
    submitted(AURAIO_CHAIN_MAX + 2, 1, "the same behind a single operation");
    make(2, 5);
    ops[4].reserved1 = 1;
    submitted(10, 2, "a chain with an invalid member in the middle");
    make(2, 5);
    ops[6].fd = -7;
    ops[6].type = AURAIO_OP_FSYNC;
    submitted(10, 2, "a chain with an invalid last member");
    make(0, 5);
    ops[4].flags = AURAIO_OPF_LINK;
    submitted(5, 5, "a chain whose last member has a link as well");
    trailing_link();
    auraio_destroy(engine);
    return done();
}

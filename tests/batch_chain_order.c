/* SPDX-License-Identifier: Apache-2.0 */
/* Linked operations run one after the other: each sees what those before it did. Several
 * chains run at once. */
#include "outcome.h"

#include <sys/stat.h>

enum { CHAINS = 16, LENGTH = 6, BYTES = 5000, ROUNDS = 20 };

struct chain {
    unsigned char first[BYTES], second[BYTES], back[BYTES];
    struct statx look;
    struct seen seen[LENGTH];
    int fd;
};

static struct chain chains[CHAINS];

/* write, write over it, fsync, read, shorten, look: any other order shows. */
static void make(struct chain *c, auraio_op_t *ops, int round)
{
    struct seen *seen = c->seen;

    memset(c->seen, 0, sizeof c->seen);
    memset(c->first, round, BYTES);
    memset(c->second, round + 100, BYTES);
    memset(c->back, 0xEE, BYTES);
    ops[0] = transfer_op(AURAIO_OP_WRITE, c->fd, c->first, BYTES, 0, &seen[0]);
    ops[1] = transfer_op(AURAIO_OP_WRITE, c->fd, c->second, BYTES / 2, 0, &seen[1]);
    ops[2] = simple_op(AURAIO_OP_FSYNC, c->fd, &seen[2]);
    ops[3] = transfer_op(AURAIO_OP_READ, c->fd, c->back, BYTES, 0, &seen[3]);
    ops[4] = simple_op(AURAIO_OP_FTRUNCATE, c->fd, &seen[4]);
    ops[4].args.ftruncate.length = round + 1;
    ops[5] = simple_op(AURAIO_OP_STATX, c->fd, &seen[5]);
    ops[5].args.statx.path = "";
    ops[5].args.statx.flags = AT_EMPTY_PATH;
    ops[5].args.statx.mask = STATX_SIZE;
    ops[5].args.statx.out = &c->look;
    for (int i = 0; i < LENGTH - 1; i++)
        ops[i].flags = AURAIO_OPF_LINK;
}

static bool in_order(const struct chain *c, int round)
{
    static const ssize_t wanted[LENGTH] = {BYTES, BYTES / 2, 0, BYTES, 0, 0};

    for (int i = 0; i < LENGTH; i++)
        if (c->seen[i].calls != 1 || c->seen[i].result != wanted[i])
            return false;
    return all_bytes_are(c->back, BYTES / 2, (unsigned char)(round + 100)) &&
           all_bytes_are(c->back + BYTES / 2, BYTES - BYTES / 2, (unsigned char)round) &&
           c->look.stx_size == (uint64_t)round + 1;
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static auraio_op_t ops[CHAINS * LENGTH];
    char name[32];

    for (int i = 0; i < CHAINS; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        chains[i].fd = scratch_file(name, 0, 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        int right = 0;
        for (int i = 0; i < CHAINS; i++)
            make(&chains[i], ops + i * LENGTH, round);
        is(auraio_submit(engine, ops, CHAINS * LENGTH, NULL), CHAINS * LENGTH, "round %d", round);
        is(auraio_drain(engine, 60000), CHAINS * LENGTH, "all complete");
        for (int i = 0; i < CHAINS; i++)
            right += in_order(&chains[i], round);
        is(right, CHAINS, "every chain in its order");
    }
    auraio_destroy(engine);
    return done();
}

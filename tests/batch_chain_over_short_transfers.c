/* SPDX-License-Identifier: Apache-2.0 */
/* A transfer in a chain that the device makes short is continued before the next one
 * starts; reported short, or ended by an error, it breaks the chain. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 9000 };

static unsigned char out[BYTES], in[BYTES];

static struct seen seen[4];

/* write, fsync, read back, nop */
static void run(auraio_engine_t *engine, int fd, int to, unsigned flags, const char *what)
{
    auraio_op_t ops[4] = {transfer_op(AURAIO_OP_WRITE, to, out, BYTES, 777, &seen[0]),
                          simple_op(AURAIO_OP_FSYNC, to, &seen[1]),
                          transfer_op(AURAIO_OP_READ, fd, in, BYTES, 777, &seen[2]),
                          simple_op(AURAIO_OP_NOP, -1, &seen[3])};

    memset(seen, 0, sizeof seen);
    memset(in, 0, sizeof in);
    for (int i = 0; i < 3; i++)
        ops[i].flags = AURAIO_OPF_LINK;
    ops[0].flags |= flags;
    is(auraio_submit(engine, ops, 4, NULL), 4, "%s", what);
    is(auraio_drain(engine, 60000), 4, "all call back");
    is(seen[0].calls + seen[1].calls + seen[2].calls + seen[3].calls, 4, "each once");
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0), to = faultfs_open_for_short_writes(fs);

    memset(out, 0x3C, sizeof out);
    for (unsigned most = 1000; most < 12000; most += 2500) {
        faultfs_calm(fs);
        atomic_store(&fs->orders->most_bytes, most);
        run(engine, fd, to, 0, "continued");
        ok(seen[0].result == BYTES && seen[1].result == 0 && seen[2].result == BYTES &&
               seen[3].result == 0,
           "all succeed in full, %u at a time", most);
        ok(memcmp(in, out, BYTES) == 0, "the read saw all that was written before it");
    }

    faultfs_calm(fs);
    atomic_store(&fs->orders->most_bytes, 1000);
    run(engine, fd, to, AURAIO_OPF_SHORT, "reported short");
    bool went_on = seen[0].result == BYTES && !on_threads(); /* io_uring did, not the library */
    ssize_t behind = went_on ? 0 : -ECANCELED;
    ok(went_on || seen[0].result == 1000, "the write is short, or the kernel continued it (%zd)",
       seen[0].result);
    ok(seen[1].result == behind && seen[3].result == behind, "the rest is cancelled if it was");

    faultfs_calm(fs);
    atomic_store(&fs->orders->most_bytes, 1000);
    atomic_store(&fs->orders->error, EIO);
    atomic_store(&fs->orders->error_offset, 5000);
    run(engine, fd, to, 0, "an error in the middle");
    is(seen[0].result, 5000 - 777, "the write gives its count");
    is(seen[0].error, EIO, "and its error");
    ok(seen[1].result == -ECANCELED && seen[2].result == -ECANCELED && seen[3].result == -ECANCELED,
       "the rest is cancelled");
    auraio_destroy(engine);
    close(fd);
    close(to);
    faultfs_stop(fs);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A transfer that ends short, at the end of the file, breaks its chain as a failure does. */
#include "outcome.h"

enum { FILE_BYTES = 1000 };

static void breaks(auraio_engine_t *engine, int fd, auraio_op_t op, struct seen *seen, ssize_t got,
                   const char *what)
{
    struct seen next = {0}, last = {0};
    unsigned char byte = 0x99, back = 0;
    auraio_op_t ops[] = {op, transfer_op(AURAIO_OP_WRITE, fd, &byte, 1, 0, &next),
                         simple_op(AURAIO_OP_NOP, -1, &last)};

    memset(seen, 0, sizeof *seen);
    ops[0].flags |= AURAIO_OPF_LINK;
    ops[1].flags |= AURAIO_OPF_LINK;
    is(auraio_submit(engine, ops, 3, NULL), 3, "%s", what);
    is(auraio_drain(engine, 60000), 3, "all call back");
    is(seen->result, got, "it gives what there was");
    is(seen->error, 0, "and no error");
    is(next.result, -ECANCELED, "the write behind it is cancelled");
    is(last.result, -ECANCELED, "so is the one behind that");
    is(pread(fd, &back, 1, 0), 1, "the file");
    is(back, pattern(0), "was not written to");
}

static void holds(auraio_engine_t *engine, int fd)
{
    unsigned char buf[FILE_BYTES];
    struct seen read = {0}, next = {0};
    auraio_op_t ops[] = {transfer_op(AURAIO_OP_READ, fd, buf, FILE_BYTES, 0, &read),
                         simple_op(AURAIO_OP_NOP, -1, &next)};

    ops[0].flags = AURAIO_OPF_LINK;
    is(auraio_submit(engine, ops, 2, NULL), 2, "a read just to the end");
    is(auraio_drain(engine, 60000), 2, "both call back");
    is(read.result, FILE_BYTES, "it is whole");
    is(next.result, 0, "and the next one runs");
}

int main(void)
{
    static unsigned char buf[4096];
    const struct iovec iov[] = {{buf, 500}, {buf + 500, 600}};
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen;
    int fd = scratch_file("file", FILE_BYTES, 0);

    breaks(engine, fd, transfer_op(AURAIO_OP_READ, fd, buf, 4096, 0, &seen), &seen, FILE_BYTES,
           "a read across the end");
    breaks(engine, fd, transfer_op(AURAIO_OP_READ, fd, buf, 1, FILE_BYTES, &seen), &seen, 0,
           "a read at the end");
    breaks(engine, fd, vectored_op(AURAIO_OP_READV, fd, iov, 2, 0, &seen), &seen, FILE_BYTES,
           "a readv across the end");
    holds(engine, fd);
    auraio_destroy(engine);
    return done();
}

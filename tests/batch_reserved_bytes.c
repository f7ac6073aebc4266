/* SPDX-License-Identifier: Apache-2.0 */
/* An operation is 128 bytes for good; what is reserved in it must be zero, what is unknown
 * is refused. */
#include "outcome.h"

_Static_assert(sizeof(auraio_op_t) == 128, "auraio_op_t is 128 bytes");

static auraio_engine_t *engine;
static struct seen seen;

static void refused(const auraio_op_t *op, const char *what)
{
    auraio_request_t *req = NULL;

    errno = 0;
    is(auraio_submit(engine, op, 1, &req), -1, "%s", what);
    is(errno, EINVAL, "with EINVAL");
}

int main(void)
{
    static unsigned char buf[100];
    const uint32_t bad_types[] = {AURAIO_OP_NOP + 1, 255, 0x10000, UINT32_MAX};
    int fd = scratch_file("file", 100, 0), bytes = 0;

    engine = test_engine(NULL);
    const auraio_op_t good = transfer_op(AURAIO_OP_READ, fd, buf, 100, 0, &seen);
    auraio_op_t op = good;
    is(outcome_of(engine, &op, &seen), 100, "a good one passes");

    op.reserved0 = 1;
    refused(&op, "reserved0");
    op = good;
    op.reserved1 = 0x80000000;
    refused(&op, "reserved1");
    for (size_t i = 0; i < sizeof op.reserved2; i++) {
        op = good;
        op.reserved2[i] = 1;
        bytes += auraio_submit(engine, &op, 1, NULL) == -1 && errno == EINVAL;
    }
    is(bytes, sizeof op.reserved2, "each byte of reserved2");
    for (size_t i = 0; i < 4; i++) {
        op = good;
        op.type = bad_types[i];
        refused(&op, "an unknown type");
    }
    for (int bit = 2; bit < 32; bit += 5) {
        op = good;
        op.flags = 1U << bit;
        refused(&op, "an unknown flag");
    }
    refused(NULL, "no array");
    is(auraio_pending_count(engine), 0, "nothing is in flight");
    is(seen.calls, 0, "no callback ran");
    is(auraio_submit(NULL, &good, 1, NULL), -1, "no engine");
    is(errno, EINVAL, "with EINVAL");
    auraio_destroy(engine);
    return done();
}

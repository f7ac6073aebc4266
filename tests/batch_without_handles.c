/* SPDX-License-Identifier: Apache-2.0 */
/* The array of handles is not needed, and only accepted operations write to it. */
#include "outcome.h"

enum { N = 20 };

int main(void)
{
    static unsigned char bufs[N][10];
    auraio_engine_t *engine = test_engine(NULL);
    auraio_request_t *handles[N + 1], *sentinel = (auraio_request_t *)(uintptr_t)0x1234;
    struct seen seen[N] = {0};
    auraio_op_t ops[N];
    int fd = scratch_file("file", N * 10, 0), right = 0;

    for (int i = 0; i < N; i++)
        ops[i] = transfer_op(AURAIO_OP_READ, fd, bufs[i], 10, (int64_t)i * 10, &seen[i]);
    is(auraio_submit(engine, ops, N, NULL), N, "a batch without handles");
    is(auraio_drain(engine, 60000), N, "completes");
    for (int i = 0; i < N; i++)
        right += seen[i].calls == 1 && seen[i].result == 10 &&
                 matches_pattern(bufs[i], 10, (uint64_t)i * 10);
    is(right, N, "each with its result");

    handles[N] = sentinel;
    is(auraio_submit(engine, ops, N, handles), N, "a batch with them");
    ok(handles[N] == sentinel, "writes no more of them than there are");
    is(auraio_drain(engine, 60000), N, "and completes");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes through registered buffers move the same bytes as plain ones, from any place
 * in the buffer. */
#include "outcome.h"

enum { BUFFERS = 3, BUFFER_BYTES = 65536, BLOCK_BYTES = 4096 };

static unsigned char memory[BUFFERS][BUFFER_BYTES];

static void round_trip(auraio_engine_t *engine, int fd, int index, size_t offset, size_t len)
{
    struct seen seen = {0};
    unsigned char plain_buf[BUFFER_BYTES];

    memset(memory, 0, sizeof memory);
    is(outcome(engine,
               auraio_read(engine, fd, auraio_buf_fixed(index, offset), len, (int64_t)offset, see,
                           &seen),
               &seen),
       len, "a read of %zu bytes to place %zu of buffer %d", len, offset, index);
    ok(matches_pattern(memory[index] + offset, len, offset), "gives what the file holds");
    ok(all_bytes_are(memory[index], offset, 0) &&
           all_bytes_are(memory[index] + offset + len, BUFFER_BYTES - offset - len, 0) &&
           all_bytes_are(memory[(index + 1) % BUFFERS], BUFFER_BYTES, 0),
       "and touches nothing else");

    memset(memory[index] + offset, 0x77, len);
    is(outcome(
           engine,
           auraio_write(engine, fd, auraio_buf_fixed(index, offset), len, BUFFER_BYTES, see, &seen),
           &seen),
       len, "a write from there");
    ok(pread(fd, plain_buf, len, BUFFER_BYTES) == (ssize_t)len &&
           all_bytes_are(plain_buf, len, 0x77),
       "is in the file");
}

int main(void)
{
    int fd = scratch_file("file", BUFFER_BYTES, 0);
    auraio_engine_t *engine = test_engine(NULL);
    struct iovec iovs[BUFFERS];
    struct seen seen = {0};

    for (int i = 0; i < BUFFERS; i++)
        iovs[i] = (struct iovec){memory[i], BUFFER_BYTES};
    is(auraio_register_buffers(engine, iovs, BUFFERS), 0, "%d buffers are registered", BUFFERS);
    memset(iovs, 0, sizeof iovs); /* the array was copied */
    round_trip(engine, fd, 0, 0, BLOCK_BYTES);
    round_trip(engine, fd, 1, 512, BLOCK_BYTES);
    round_trip(engine, fd, 2, 12345, 777);
    round_trip(engine, fd, 2, 0, BUFFER_BYTES);
    round_trip(engine, fd, 0, BUFFER_BYTES - 1, 1);

    memset(memory[1], 0, BUFFER_BYTES);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf_fixed_idx(1), BLOCK_BYTES, 0, see, &seen),
               &seen),
       BLOCK_BYTES, "a place is 0 when none is named");
    ok(matches_pattern(memory[1], BLOCK_BYTES, 0), "as the file has it");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(memory[0]), BLOCK_BYTES, 0, see, &seen),
               &seen),
       BLOCK_BYTES, "the same memory may be used as plain memory");
    ok(matches_pattern(memory[0], BLOCK_BYTES, 0), "as the file has it");
    is(auraio_unregister_buffers(engine), 0, "they are unregistered");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes of all four kinds, random sizes and offsets, one after the other,
 * compared with a model of the file in memory. */
#include "outcome.h"

enum { ROUNDS = 600, MODEL_BYTES = 1 << 20, MOST_ELEMENTS = 9 };

static unsigned char model[MODEL_BYTES], buf[MODEL_BYTES];
static size_t model_size;

static int cut_up(uint64_t *state, struct iovec *iov, size_t len)
{
    size_t at = 0;
    int n = 0;

    while (n < MOST_ELEMENTS - 1 && at < len) {
        size_t part = random_below(state, len - at + 1);
        iov[n++] = (struct iovec){buf + at, part};
        at += part;
    }
    iov[n++] = (struct iovec){buf + at, len - at};
    return n;
}

/* Small, block-sized and big ones alike. */
static size_t random_length(uint64_t *state)
{
    size_t most = (size_t)1 << random_below(state, 19);

    return 1 + random_below(state, most);
}

static bool one_round(auraio_engine_t *engine, int fd, uint64_t *state)
{
    static const auraio_op_type_t types[] = {AURAIO_OP_READ, AURAIO_OP_WRITE, AURAIO_OP_READV,
                                             AURAIO_OP_WRITEV};
    struct iovec iov[MOST_ELEMENTS];
    struct seen seen = {0};
    auraio_op_type_t type = types[random_below(state, 4)];
    size_t len = random_length(state), offset = random_below(state, MODEL_BYTES - len);
    bool vectored = type == AURAIO_OP_READV || type == AURAIO_OP_WRITEV;
    bool writes = type == AURAIO_OP_WRITE || type == AURAIO_OP_WRITEV;
    size_t wanted = len;

    if (!writes)
        wanted = offset >= model_size ? 0 : model_size - offset < len ? model_size - offset : len;
    for (size_t i = 0; i < len; i++)
        buf[i] = (unsigned char)(writes ? *state >> (i % 57) : 0xEE);
    auraio_op_t op =
        vectored ? vectored_op(type, fd, iov, cut_up(state, iov, len), (int64_t)offset, &seen)
                 : transfer_op(type, fd, buf, len, (int64_t)offset, &seen);
    if (outcome_of(engine, &op, &seen) != (ssize_t)wanted)
        return false;
    if (!writes)
        return memcmp(buf, model + offset, wanted) == 0;
    memcpy(model + offset, buf, len);
    if (model_size < offset + len)
        model_size = offset + len;
    return true;
}

int main(void)
{
    uint64_t state = random_seed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", 0, 0), right = 0;

    for (int i = 0; i < ROUNDS; i++)
        right += one_round(engine, fd, &state);
    is(right, ROUNDS, "every operation agrees with the model");
    is(pread(fd, buf, sizeof buf, 0), model_size, "the file has the model's size");
    ok(memcmp(buf, model, model_size) == 0, "and its bytes");
    auraio_destroy(engine);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A full queue of all kinds of operations, each callback starting the next. Each lane has
 * a region of the file for itself, so the order inside a lane is known and the model exact. */
#include "outcome.h"

enum { LANES = 64, REGION_BYTES = 32768, OPERATIONS = 5000 };

struct lane {
    unsigned char model[REGION_BYTES], buf[REGION_BYTES];
    struct iovec iov[3];
    int64_t base;
    size_t at, len; /* of the operation in flight, from base */
    auraio_op_type_t type;
};

static struct lane lanes[LANES];
static auraio_engine_t *engine;
static uint64_t state;
static int fd, started, finished, wrong, refused;

static void start(struct lane *lane);

/* Compares a read with the model and carries a write over to it. */
static bool agrees(struct lane *lane, ssize_t result)
{
    bool moves = lane->type <= AURAIO_OP_WRITEV;

    if (result != (moves ? (ssize_t)lane->len : 0))
        return false;
    if (lane->type == AURAIO_OP_READ || lane->type == AURAIO_OP_READV)
        return memcmp(lane->buf, lane->model + lane->at, lane->len) == 0;
    if (moves)
        memcpy(lane->model + lane->at, lane->buf, lane->len);
    return true;
}

static void finish(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;

    (void)req;
    finished++;
    wrong += !agrees(lane, result);
    if (started < OPERATIONS)
        start(lane);
}

static void start(struct lane *lane)
{
    static const auraio_op_type_t types[] = {
        AURAIO_OP_READ,   AURAIO_OP_WRITE,     AURAIO_OP_READV, AURAIO_OP_WRITEV, AURAIO_OP_READ,
        AURAIO_OP_WRITEV, AURAIO_OP_FDATASYNC, AURAIO_OP_NOP,   AURAIO_OP_FADVISE};
    auraio_op_t op;

    lane->type = types[random_below(&state, started % 16 ? 6 : 9)];
    lane->at = random_below(&state, REGION_BYTES - 1);
    lane->len = 1 + random_below(&state, REGION_BYTES - lane->at);
    for (size_t i = 0; i < lane->len; i++)
        lane->buf[i] = (unsigned char)(state >> (i % 53));
    size_t third = lane->len / 3;
    lane->iov[0] = (struct iovec){lane->buf, third};
    lane->iov[1] = (struct iovec){lane->buf + third, third};
    lane->iov[2] = (struct iovec){lane->buf + 2 * third, lane->len - 2 * third};
    if (lane->type == AURAIO_OP_READV || lane->type == AURAIO_OP_WRITEV)
        op = vectored_op(lane->type, fd, lane->iov, 3, lane->base + (int64_t)lane->at, NULL);
    else if (lane->type <= AURAIO_OP_WRITE)
        op =
            transfer_op(lane->type, fd, lane->buf, lane->len, lane->base + (int64_t)lane->at, NULL);
    else
        op = simple_op(lane->type, lane->type == AURAIO_OP_NOP ? -1 : fd, NULL);
    op.callback = finish;
    op.user_data = lane;
    started++;
    refused += auraio_submit(engine, &op, 1, NULL) != 1;
}

int main(void)
{
    int same = 0;

    state = random_seed();
    engine = test_engine(NULL);
    fd = scratch_file("file", LANES * REGION_BYTES, 0);
    for (int i = 0; i < LANES; i++) {
        lanes[i].base = (int64_t)i * REGION_BYTES;
        fill_pattern(lanes[i].model, REGION_BYTES, (uint64_t)lanes[i].base);
        start(&lanes[i]);
    }
    for (double end_ms = now_ms() + 60000; finished < OPERATIONS && now_ms() < end_ms;)
        if (auraio_wait(engine, 1000) < 0)
            break;
    is(refused, 0, "no submission was refused");
    is(finished, OPERATIONS, "every operation completed");
    is(wrong, 0, "each with the model's result");
    is(auraio_pending_count(engine), 0, "nothing is left in flight");
    for (int i = 0; i < LANES; i++)
        same += pread(fd, lanes[i].buf, REGION_BYTES, lanes[i].base) == REGION_BYTES &&
                memcmp(lanes[i].buf, lanes[i].model, REGION_BYTES) == 0;
    is(same, LANES, "every region of the file is as in the model");
    auraio_destroy(engine);
    return done();
}

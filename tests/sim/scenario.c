/* SPDX-License-Identifier: Apache-2.0 */
/* See scenario.h. */
#include "scenario.h"

#include <string.h>

#define LONG_MS 20000

void tell(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct told *told = user_data;

    told->calls++;
    told->result = result;
    told->error = auraio_request_error(req);
}

void plain_options(auraio_options_t *options)
{
    auraio_options_init(options);
    options->ring_count = 1;
    options->queue_depth = 64;
    options->publish_stats = 0;
}

bool wait_for(auraio_engine_t *engine, const struct told *told)
{
    uint64_t deadline = sim_now() + LONG_MS * SIM_MS;

    while (!told->calls && sim_now() < deadline) {
        if (auraio_wait(engine, 1000) < 0)
            return false;
    }
    return told->calls == 1;
}

static const char *collect(auraio_engine_t *engine, const struct told *told, bool by_poll_fd)
{
    uint64_t deadline = sim_now() + LONG_MS * SIM_MS;
    int fd = by_poll_fd ? auraio_get_poll_fd(engine) : -1;

    for (int i = 0; i < AT_ONCE; i++) {
        while (!told[i].calls) {
            if (sim_now() > deadline)
                return "an operation is lost";
            if (by_poll_fd && !sim_readable(fd))
                sim_sleep(SIM_MS / 20);
            else if ((by_poll_fd ? auraio_poll(engine) : auraio_wait(engine, 1000)) < 0)
                return "poll or wait failed";
        }
        if (told[i].calls != 1)
            return "a callback ran twice";
        if (told[i].result != PIECE || told[i].error)
            return "a result is wrong";
    }
    return NULL;
}

static const char *one_round(auraio_engine_t *engine, int fd, int round, bool by_poll_fd)
{
    static unsigned char out[AT_ONCE][PIECE], in[AT_ONCE][PIECE];
    /* Not on the stack: after a failure, destroy still runs callbacks. */
    static struct told written[AT_ONCE], read[AT_ONCE];
    const char *wrong;

    memset(written, 0, sizeof written);
    memset(read, 0, sizeof read);
    for (int i = 0; i < AT_ONCE; i++) {
        memset(out[i], round * AT_ONCE + i + 1, PIECE);
        if (!auraio_write(engine, fd, auraio_buf(out[i]), PIECE, (int64_t)i * PIECE, tell,
                          &written[i]))
            return "a write was refused";
    }
    if ((wrong = collect(engine, written, by_poll_fd)))
        return wrong;
    for (int i = 0; i < AT_ONCE; i++) {
        if (!auraio_read(engine, fd, auraio_buf(in[i]), PIECE, (int64_t)i * PIECE, tell, &read[i]))
            return "a read was refused";
    }
    if ((wrong = collect(engine, read, by_poll_fd)))
        return wrong;
    return memcmp(in, out, sizeof in) ? "other bytes came back" : NULL;
}

const char *write_and_read(auraio_engine_t *engine, int fd, bool by_poll_fd)
{
    const char *wrong = NULL;

    for (int round = 0; round < ROUNDS && !wrong; round++)
        wrong = one_round(engine, fd, round, by_poll_fd);
    if (!wrong && auraio_pending_count(engine))
        wrong = "something is left pending";
    return wrong;
}

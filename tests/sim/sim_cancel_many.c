/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More cancels at once than the submission queue holds, by handle, by descriptor and
 * by deadline, while the kernel now and then refuses to take anything: each operation
 * that waits for something ends, with the error that was asked for.
 */
#include "scenario.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

#define MOST 64
#define TIMEOUT_MS 30

enum way { BY_HANDLE, BY_DESCRIPTOR, BY_DEADLINE, WAYS };

static const char *const names[WAYS] = {"by handle", "by descriptor", "by deadline"};

static struct told told[MOST];
static unsigned char bytes[MOST];

static auraio_engine_t *begin(unsigned sq_entries, unsigned error_ppm, bool single, int *fd)
{
    struct sim_config config = {
        .seed = sq_entries + error_ppm, .sq_cap = sq_entries, .enter_error_ppm = error_ppm};
    auraio_options_t options;

    memset(told, 0, sizeof told);
    sim_install(&config);
    plain_options(&options);
    options.single_thread = single;
    options.disable_adaptive = true;
    *fd = sim_file(MOST);
    sim_file_silent(*fd);
    return auraio_create_with_options(&options);
}

static bool submit(auraio_engine_t *engine, int fd, int i, enum way way, auraio_request_t **req)
{
    auraio_op_t op = {.type = AURAIO_OP_READ, .fd = fd, .len = 1, .offset = i};

    op.buf = auraio_buf(&bytes[i]);
    op.timeout_ms = way == BY_DEADLINE ? TIMEOUT_MS : 0;
    op.callback = tell;
    op.user_data = &told[i];
    return auraio_submit(engine, &op, 1, req) == 1;
}

static int ask(auraio_engine_t *engine, int fd, enum way way, auraio_request_t **reqs)
{
    int asked = 0;

    if (way == BY_DEADLINE)
        return MOST;
    if (way == BY_DESCRIPTOR)
        return auraio_cancel_fd(engine, fd);
    for (int i = 0; i < MOST; i++)
        asked += auraio_cancel(engine, reqs[i]) == 0;
    return asked;
}

/* NULL or what went wrong. */
static const char *run(unsigned sq_entries, unsigned error_ppm, bool single, enum way way)
{
    auraio_request_t *reqs[MOST];
    const char *wrong = NULL;
    int fd, wanted = way == BY_DEADLINE ? -ETIME : -ECANCELED;
    auraio_engine_t *engine = begin(sq_entries, error_ppm, single, &fd);

    if (!engine)
        return "no engine";
    for (int i = 0; i < MOST && !wrong; i++)
        if (!submit(engine, fd, i, way, &reqs[i]))
            wrong = "a submission is refused";
    int n = wrong ? 0 : auraio_wait(engine, 1);
    if (n) {
        note("wait: %d, errno %d, at %.3f ms", n, n < 0 ? errno : 0, (double)sim_now() / SIM_MS);
        wrong = "something ends by itself";
    }
    if (!wrong && ask(engine, fd, way, reqs) != MOST)
        wrong = "not all are asked";
    if (!wrong && auraio_drain(engine, 1000) != MOST)
        wrong = "not all end";
    for (int i = 0; i < MOST && !wrong; i++)
        if (told[i].calls != 1 || told[i].result != wanted)
            wrong = "one ends otherwise";
    auraio_destroy(engine);
    sim_uninstall();
    return wrong;
}

int main(void)
{
    static const unsigned entries[] = {2, 4, 8, 0};

    for (int mode = 0; mode < 4 * WAYS; mode++) {
        enum way way = (enum way)(mode / 4);
        for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
            const char *wrong = run(entries[i], mode & 1 ? 300000 : 0, mode & 2, way);
            ok(!wrong, "%d cancels %s, queue of %u%s%s", MOST, names[way],
               entries[i] ? entries[i] : MOST, mode & 1 ? ", the kernel often busy" : "",
               mode & 2 ? ", single thread" : "");
            if (wrong)
                note("%s", wrong);
        }
    }
    return done();
}

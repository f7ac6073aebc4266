/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io_uring_enter fails with EINTR, EAGAIN, EBUSY or ENOMEM at each of the first
 * twenty calls, those that create an engine makes among them, once and for 50 ms:
 * nothing is lost, nothing doubled, and the ring is not given up.
 */
#include "scenario.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

#define CALLS 20

static const char *run(int error, unsigned nth, uint64_t for_ns, bool single, bool by_poll_fd)
{
    struct sim_config config = {.seed = nth * 1000 + (unsigned)error};
    auraio_options_t options;

    sim_install(&config);
    plain_options(&options);
    options.single_thread = single;
    int fd = sim_file(AT_ONCE * PIECE);
    sim_fail_enter(nth, error, for_ns);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (!engine)
        return "no engine";
    const char *wrong = write_and_read(engine, fd, by_poll_fd);
    if (!wrong && auraio_get_fatal_error(engine))
        wrong = "the error was taken for a fatal one";
    auraio_features_t features;
    if (!wrong && (auraio_get_features(engine, &features) || features.uring_errno))
        wrong = "io_uring was given up";
    if (!wrong && !for_ns && sim_counts()->enters > 12 * ROUNDS * AT_ONCE)
        wrong = "one failed call made for a storm of others";
    auraio_destroy(engine);
    sim_uninstall();
    return wrong;
}

static void every_call(int error, uint64_t for_ns, bool single, bool by_poll_fd)
{
    const char *wrong = NULL;
    unsigned nth = 0;

    while (!wrong && nth < CALLS)
        wrong = run(error, ++nth, for_ns, single, by_poll_fd);
    ok(!wrong, "%s at call 1..%d, %s, %s engine, %s", strerror(error), CALLS,
       for_ns ? "for 50 ms" : "once", single ? "single-thread" : "any-thread",
       by_poll_fd ? "poll fd" : "wait");
    if (wrong)
        note("call %u: %s", nth, wrong);
}

int main(void)
{
    static const int errors[] = {EINTR, EAGAIN, EBUSY, ENOMEM};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        for (int mode = 0; mode < 8; mode++)
            every_call(errors[i], mode & 1 ? 50 * SIM_MS : 0, mode & 2, mode & 4);
    }
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines that are seldom made, each doing its work: more rings in use than a word has
 * bits, more completions than one poll delivers, a blocked batch, full rings beside a
 * device at its limit, SQPOLL asleep, a wait that never looks, a ring refused to who
 * insists on io_uring, all numbers taken, descriptors lost.
 */
#include "scenario.h"

#include "handle.h"
#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_RINGS = 130, MANY = 2048, BATCH = 12, LIMIT = 2, DEPTH = 4, BYTES = 512 };

static struct told told[MANY];
static unsigned char bytes[MANY_RINGS][BYTES];

static auraio_engine_t *begin(const struct sim_config *config, const auraio_options_t *options)
{
    memset(told, 0, sizeof told);
    sim_install(config);
    auraio_engine_t *engine = auraio_create_with_options(options);
    if (!engine)
        bail("no engine: %s", strerror(errno));
    return engine;
}

static int end(auraio_engine_t *engine)
{
    int result = auraio_destroy_timeout(engine, 1000);

    sim_uninstall();
    return result;
}

/* How many of the first n have been called back once, with that result. */
static int answered(int n, ssize_t result)
{
    int good = 0;

    for (int i = 0; i < n; i++)
        good += told[i].calls == 1 && told[i].result == result;
    return good;
}

static auraio_op_t read_of(int fd, int i)
{
    return (auraio_op_t){.type = AURAIO_OP_READ,
                         .fd = fd,
                         .buf = auraio_buf(bytes[i]),
                         .len = BYTES,
                         .callback = tell,
                         .user_data = &told[i]};
}

static void all_rings_are_busy(void)
{
    struct sim_config config = {.seed = 1};
    auraio_options_t options;

    plain_options(&options);
    options.ring_count = MANY_RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = begin(&config, &options);
    int fd = sim_file(BYTES), accepted = 0;
    for (int i = 0; i < MANY_RINGS; i++)
        accepted += auraio_read(engine, fd, auraio_buf(bytes[i]), BYTES, 0, tell, &told[i]) != NULL;
    is(accepted, MANY_RINGS, "a read on each of %d rings", MANY_RINGS);
    is(auraio_wait_n(engine, MANY_RINGS, 1000), MANY_RINGS, "one wait sees them all");
    is(answered(MANY_RINGS, BYTES), MANY_RINGS, "each is whole");
    is(end(engine), 0, "the end");
}

static void one_poll_leaves_some(void)
{
    struct sim_config config = {.seed = 2, .inline_ppm = 1000000};
    auraio_options_t options;

    plain_options(&options);
    options.queue_depth = MANY;
    auraio_engine_t *engine = begin(&config, &options);
    for (int i = 0; i < MANY; i++)
        auraio_nop(engine, tell, &told[i]);
    auraio_flush(engine);
    int first = auraio_poll(engine);
    ok(first > 0 && first < MANY, "one poll delivers some of %d that are complete: %d", MANY,
       first);
    ok(sim_readable(auraio_get_poll_fd(engine)), "the poll fd tells of the others");
    is(auraio_wait_n(engine, MANY - first, 1000), MANY - first, "a wait delivers them");
    is(answered(MANY, 0), MANY, "each once");
    is(end(engine), 0, "the end");
}

static void blocked_batch(bool wants_handles)
{
    struct sim_config config = {.seed = 3};
    auraio_request_t *handles[BATCH] = {NULL};
    auraio_op_t ops[BATCH];
    auraio_options_t options;
    int known = 0;

    plain_options(&options);
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    auraio_engine_t *engine = begin(&config, &options);
    auraio_set_max_in_flight(engine, LIMIT);
    int fd = sim_file(BYTES);
    for (int i = 0; i < BATCH; i++)
        ops[i] = read_of(fd, i);
    sim_limit_data(0, LIMIT);
    is(auraio_submit(engine, ops, BATCH, wants_handles ? handles : NULL), BATCH,
       "a batch beyond the limit is held up until all of it is taken%s",
       wants_handles ? ", with handles" : "");
    for (int i = 0; i < BATCH; i++)
        known += handles[i] != NULL;
    is(known, wants_handles ? BATCH : 0, "each has its handle, if that is wanted");
    is(auraio_drain(engine, 1000), BATCH, "callbacks were left to who polls");
    is(answered(BATCH, BYTES), BATCH, "each read is whole");
    is(end(engine), 0, "the end");
}

static auraio_op_t nop_of(int i)
{
    return (auraio_op_t){.type = AURAIO_OP_NOP, .callback = tell, .user_data = &told[i]};
}

/* Of three rings the first is full, with a read among the rest; its turn is the next. */
static auraio_engine_t *first_ring_is_full(auraio_overflow_t overflow, int *fd)
{
    struct sim_config config = {.seed = 4};
    auraio_op_t ops[DEPTH + 2];
    auraio_options_t options;

    plain_options(&options);
    options.disable_adaptive = true;
    options.overflow = overflow;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    options.ring_count = 3;
    options.queue_depth = DEPTH;
    auraio_engine_t *engine = begin(&config, &options);
    auraio_set_max_in_flight(engine, 1);
    *fd = sim_file(BYTES);
    ops[0] = read_of(*fd, 0);
    for (int i = 1; i < DEPTH + 2; i++)
        ops[i] = nop_of(i);
    is(auraio_submit(engine, ops, DEPTH, NULL), DEPTH, "a ring is full");
    is(auraio_submit(engine, ops + DEPTH, 1, NULL) +
           auraio_submit(engine, ops + DEPTH + 1, 1, NULL),
       2, "two have room");
    return engine;
}

static void full_ring_beside_limit(void)
{
    auraio_stats_t stats;
    int fd, n = 0;
    auraio_engine_t *engine = first_ring_is_full(AURAIO_OVERFLOW_EAGAIN, &fd);
    auraio_op_t op = read_of(fd, DEPTH + 2);

    errno = 0;
    ok(auraio_submit(engine, &op, 1, NULL) == -1 && errno == EAGAIN,
       "no other ring may start one more read: EAGAIN");
    errno = 0;
    while (n <= 2 * DEPTH && auraio_nop(engine, NULL, NULL))
        n++;
    ok(n == 2 * (DEPTH - 1) && errno == EAGAIN, "when all rings are full: EAGAIN");
    ok(!auraio_get_stats(engine, &stats) && stats.eagain_count == 2, "both are counted");
    is(auraio_drain(engine, 1000), 3 * DEPTH, "what was taken completes");
    is(end(engine), 0, "the end");
}

static void part_of_a_batch_elsewhere(void)
{
    enum { FIRST = DEPTH + 2 };
    int fd;
    auraio_engine_t *engine = first_ring_is_full(AURAIO_OVERFLOW_QUEUE, &fd);
    auraio_op_t ops[DEPTH];

    for (int i = 0; i < DEPTH; i++)
        ops[i] = nop_of(FIRST + i);
    is(auraio_submit(engine, ops, DEPTH, NULL), DEPTH - 1,
       "a batch goes to another ring as far as that has room");
    is(auraio_drain(engine, 1000), FIRST + DEPTH - 1, "all that was taken completes");
    is(answered(FIRST + DEPTH, 0), FIRST + DEPTH - 2, "each once, the read with its bytes");
    is(told[FIRST + DEPTH - 1].calls, 0, "what was not taken never does");
    is(end(engine), 0, "the end");
}

static void sqpoll_falls_asleep(void)
{
    struct sim_config config = {.seed = 5, .sqpoll_allowed = true};
    auraio_options_t options;
    auraio_ring_stats_t stats;

    plain_options(&options);
    options.enable_sqpoll = true;
    options.sqpoll_idle_ms = 1;
    auraio_engine_t *engine = begin(&config, &options);
    int fd = sim_file(BYTES), good = 0;
    for (int i = 0; i < BATCH; i++) {
        auraio_op_t op = read_of(fd, i);
        good += auraio_submit(engine, &op, 1, NULL) == 1 && wait_for(engine, &told[i]);
        sim_sleep(i % 2 ? 10 * SIM_MS : 0);
    }
    is(good, BATCH, "reads, with and without a pause in which SQPOLL falls asleep");
    is(answered(BATCH, BYTES), BATCH, "each is whole");
    ok(!auraio_get_ring_stats(engine, 0, &stats) && stats.flags & AURAIO_RING_SQPOLL,
       "SQPOLL is in use");
    is(end(engine), 0, "the end");
}

static void wait_never_looks(void)
{
    struct sim_config config = {.seed = 6};
    auraio_options_t options;

    setenv("AURAIO_SPIN_US", "0", 1);
    plain_options(&options);
    auraio_engine_t *engine = begin(&config, &options);
    int fd = sim_file((size_t)AT_ONCE * PIECE);
    const char *wrong = write_and_read(engine, fd, false);
    ok(!wrong, "a wait that does not look before it sleeps: %s", wrong ? wrong : "all is done");
    is(end(engine), 0, "the end");
    unsetenv("AURAIO_SPIN_US");
}

/* What probes the kernel gets its ring, the engine does not. */
static void ring_refused_to_who_insists(void)
{
    struct sim_config config = {.seed = 7, .setup_errno = EPERM, .setup_works_first = 1};
    auraio_options_t options;

    plain_options(&options);
    options.backend = AURAIO_BACKEND_URING;
    auraio_engine_t *engine = begin(&config, &options);
    errno = 0;
    ok(!auraio_nop(engine, tell, &told[0]) && errno == EPERM, "the first ring is refused: EPERM");
    is(auraio_pending_count(engine), 0, "nothing is pending");
    sim_live()->setup_errno = 0;
    ok(auraio_nop(engine, tell, &told[0]) && wait_for(engine, &told[0]),
       "later it is granted, and works");
    is(end(engine), 0, "the end");
}

static void all_numbers_are_taken(void)
{
    static uint32_t taken[HANDLE_ENGINES];
    struct sim_config config = {.seed = 8};
    auraio_options_t options;
    int n = 0;

    plain_options(&options);
    auraio_engine_t *engine = begin(&config, &options);
    while (n < HANDLE_ENGINES && (taken[n] = aur_handle_enrol(engine)))
        n++;
    is(n, HANDLE_ENGINES - 2, "numbers for %d engines and this one", HANDLE_ENGINES - 2);
    errno = 0;
    ok(!auraio_create_with_options(&options) && errno == EMFILE, "one more engine: EMFILE");
    aur_handle_vacate(taken[--n]);
    auraio_engine_t *other = auraio_create_with_options(&options);
    ok(other, "when one has gone there is one more");
    auraio_destroy(other);
    while (n)
        aur_handle_vacate(taken[--n]);
    is(end(engine), 0, "the end");
}

static void descriptors_are_lost(int timeout_ms)
{
    struct sim_config config = {.seed = 9, .may_abandon = true};
    auraio_options_t options;

    plain_options(&options);
    auraio_engine_t *engine = begin(&config, &options);
    ok(auraio_nop(engine, tell, &told[0]) && wait_for(engine, &told[0]), "an engine at work");
    sim_close_all_of_library();
    auraio_nop(engine, NULL, NULL);
    auraio_wait(engine, 10);
    ok(auraio_get_fatal_error(engine) != 0, "its descriptors are lost, which it notices");
    uint64_t began_ns = sim_now();
    auraio_destroy_timeout(engine, timeout_ms);
    ok(sim_now() - began_ns < 1000 * SIM_MS, "destroy with %d ms is soon back", timeout_ms);
    sim_uninstall();
}

int main(void)
{
    all_rings_are_busy();
    one_poll_leaves_some();
    blocked_batch(false);
    blocked_batch(true);
    full_ring_beside_limit();
    part_of_a_batch_elsewhere();
    sqpoll_falls_asleep();
    wait_never_looks();
    ring_refused_to_who_insists();
    all_numbers_are_taken();
    descriptors_are_lost(50);
    descriptors_are_lost(60000);
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit of a target in virtual time: a program keeps many operations in flight
 * on a device of few channels. After a stop of three seconds, and after a time in
 * which the device was throttled, the limit is what it was within one second. And a
 * program that has one operation in flight at a time is measured like any other.
 */
#include "scenario.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

#define CHANNELS 8
#define SERVICE_NS SIM_MS
#define SLOW_NS (20 * SIM_MS)
#define DEPTH 64
#define BLOCK 4096
#define SECOND (1000 * SIM_MS)
#define SETTLE (12 * SECOND)

static struct {
    auraio_engine_t *engine;
    int fd, wrong, in_flight, wanted;
    unsigned char blocks[DEPTH][BLOCK];
} program;

static void go_on(auraio_request_t *req, ssize_t result, void *block)
{
    (void)req;
    program.in_flight--;
    program.wrong += result != BLOCK;
    if (program.in_flight >= program.wanted)
        return;
    program.in_flight++;
    if (!auraio_read(program.engine, program.fd, auraio_buf(block), BLOCK, 0, go_on, block))
        bail("a read is refused: %s", strerror(errno));
}

static void begin(int wanted)
{
    static const struct sim_config config = {.seed = 9,
                                             .channels = CHANNELS,
                                             .service_min_ns = SERVICE_NS,
                                             .service_max_ns = SERVICE_NS};
    auraio_options_t options;

    sim_install(&config);
    plain_options(&options);
    memset(&program, 0, sizeof program);
    program.wanted = wanted;
    program.fd = sim_file(BLOCK);
    program.engine = auraio_create_with_options(&options);
    if (!program.engine)
        bail("no engine");
    for (int i = 0; i < wanted; i++) {
        program.in_flight++;
        if (!auraio_read(program.engine, program.fd, auraio_buf(program.blocks[i]), BLOCK, 0, go_on,
                         program.blocks[i]))
            bail("a read is refused: %s", strerror(errno));
    }
}

static void end(void)
{
    program.wanted = 0;
    is(auraio_drain(program.engine, 5000) >= 0, 1, "the last operations end");
    is(program.wrong, 0, "all have moved their bytes");
    auraio_destroy(program.engine);
    sim_uninstall();
}

static void work(uint64_t ns)
{
    for (uint64_t until = sim_now() + ns; sim_now() < until;)
        if (auraio_wait(program.engine, 100) < 0)
            bail("wait: %s", strerror(errno));
}

static int limit(void)
{
    auraio_target_stats_t target;

    return auraio_get_target_stats(program.engine, 0, &target) ? -1 : target.limit;
}

/* At the knee: all channels have work, and not twice as many operations wait as are served. */
static bool is_at_knee(int n)
{
    return n >= CHANNELS * 3 / 4 && n <= CHANNELS * 3;
}

static void slow_down(uint64_t service_ns)
{
    sim_live()->service_min_ns = sim_live()->service_max_ns = service_ns;
}

static void comes_back(const char *what, uint64_t from)
{
    while (!is_at_knee(limit()) && sim_now() < from + SECOND)
        work(50 * SIM_MS);
    ok(is_at_knee(limit()), "%s: the limit is back within a second (%d after %.2f s)", what,
       limit(), (double)(sim_now() - from) / 1e9);
}

int main(void)
{
    auraio_stats_t stats;

    begin(DEPTH);
    work(SETTLE);
    ok(is_at_knee(limit()), "%d channels: the limit is %d", CHANNELS, limit());
    sim_advance(3 * SECOND);
    comes_back("after a stop of 3 s", sim_now());
    work(SECOND);
    ok(is_at_knee(limit()), "... and stays (%d)", limit());
    slow_down(SLOW_NS);
    work(3 * SECOND);
    note("throttled for 3 s: the limit is %d", limit());
    slow_down(SERVICE_NS);
    comes_back("after a throttle of 3 s", sim_now());
    work(SECOND);
    ok(is_at_knee(limit()), "... and stays (%d)", limit());
    end();

    begin(1);
    work(SECOND);
    is(auraio_get_stats(program.engine, &stats), 0, "one operation at a time: statistics");
    ok(stats.current_throughput_bps > 0.8 * BLOCK * 1000 &&
           stats.current_throughput_bps < 1.2 * BLOCK * 1000,
       "tell its throughput (%.0f bytes/s)", stats.current_throughput_bps);
    end();
    return done();
}

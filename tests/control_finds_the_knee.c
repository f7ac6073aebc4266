/* SPDX-License-Identifier: Apache-2.0 */
/* A program that keeps many operations in flight on a device of few channels: the library finds
 * that fewer do, holds to it, tells so, and follows when the device gets wider. */
#include "pump.h"
#include "simdisk/simdisk.h"

#include <fcntl.h>

/* How deep the disk is depends on the machine as well: a server that gets the CPU ten times a
 * second answers as many as there are each time. */
enum {
    BYTES = 64 << 20,
    NARROW = 4,
    WIDE = 32,
    MOST = 128,
    FEW = MOST / 2,
    SAMPLES = 50,
    PATIENCE_MS = 120000
};

static _Atomic int phases_told;

static void on_log(int level, const char *message, void *unused)
{
    (void)unused;
    if (level == AURAIO_LOG_INFO && strstr(message, "PROBING"))
        phases_told++;
}

static auraio_target_stats_t target(void)
{
    auraio_target_stats_t stats;

    auraio_get_target_stats(pump.engine, 0, &stats);
    return stats;
}

/* Reads until the limit is no more than that for 300 ms and some samples; what was told last of
 * that time. */
static bool settled_below(int high, auraio_target_stats_t *told)
{
    double end_ms = now_ms() + PATIENCE_MS, since_ms = now_ms();
    int samples = 0;

    while (now_ms() < end_ms && (now_ms() - since_ms < 300 || samples < SAMPLES)) {
        auraio_target_stats_t now = target();
        bool holds = (now.phase == AURAIO_PHASE_STEADY || now.phase == AURAIO_PHASE_CONVERGED) &&
                     now.limit > 0 && now.limit <= high && now.in_flight <= high;
        pump_wait();
        *told = now;
        samples = holds ? samples + 1 : 0;
        if (!holds)
            since_ms = now_ms();
    }
    return samples >= SAMPLES;
}

/* Reads until the limit is above n; where it is then, or -1. How far it goes is the machine's. */
static int raised_above(int n)
{
    double end_ms = now_ms() + PATIENCE_MS;

    while (target().limit <= n && now_ms() < end_ms)
        pump_wait();
    return target().limit > n ? target().limit : -1;
}

int main(void)
{
    struct simdisk *disk = simdisk_start(BYTES, "channels 4\nservice_us 1000\n"
                                                "distribution lognormal 0.3\n");
    auraio_options_t options;

    if (!disk)
        skip_all("no FUSE here: %s", strerror(errno));
    test_options(&options);
    auraio_set_log_handler(on_log, NULL);
    auraio_engine_t *engine = test_engine(&options);
    int fd = open(simdisk_path(disk), O_RDONLY | O_DIRECT | O_CLOEXEC);
    ok(fd >= 0, "a disk of %d channels", NARROW);
    pump_begin(engine, fd, BYTES, MOST);
    auraio_target_stats_t found = target();
    bool is_settled = settled_below(FEW, &found);
    ok(is_settled, "the limit settles (%d)", found.limit);
    /* Not compared with the limit, which a trial upwards or downwards moves away from it. */
    ok(found.knee > 0 && found.knee <= MOST, "with a knee (%d)", found.knee);
    ok(found.searches >= 1, "found by a search (%llu)", (unsigned long long)found.searches);
    ok(found.in_flight <= FEW, "few are in flight (%d)", found.in_flight);
    ok(found.queued > 0, "the others wait in the library (%d)", found.queued);
    ok(phases_told > 0, "the log has told of it");
    simdisk_set(disk, "channels %d\n", WIDE);
    int limit = raised_above(is_settled ? found.limit : NARROW);
    ok(limit > 0, "the disk gets %d channels: the limit rises (%d)", WIDE, limit);
    pump_end();
    auraio_destroy(engine);
    simdisk_stop(disk);
    return done();
}

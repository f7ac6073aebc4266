/* SPDX-License-Identifier: Apache-2.0 */
/* When operations on several devices complete together on one ring, what other rings hold back
 * for these devices moves up, for each of them. */
#include "slow.h"

#include <sys/stat.h>

enum { ROUNDS = 20, DEVICES = 2, RINGS = 2 };

/* A FIFO lies on the device of its file system, an unnamed pipe on the kernel's own. */
static void open_fifo(struct slow *slow, const char *name)
{
    char path[PATH_MAX];

    memset(slow, 0, sizeof *slow);
    if (mkfifo(scratch_path(path, name), 0600) != 0 && errno != EEXIST)
        skip_all("no FIFO in the scratch directory: %s", strerror(errno));
    slow->out = open(path, O_RDWR | O_CLOEXEC);
    slow->in = open(path, O_RDWR | O_CLOEXEC);
    if (slow->out < 0 || slow->in < 0)
        bail("open %s: %s", path, strerror(errno));
}

static bool round_of(auraio_engine_t *engine)
{
    struct slow slow[DEVICES][RINGS];
    int right = 0;

    for (int ring = 0; ring < RINGS; ring++) {
        slow_open(&slow[0][ring]);
        open_fifo(&slow[1][ring], ring ? "second" : "first");
    }
    for (int device = 0; device < DEVICES; device++)
        for (int ring = 0; ring < RINGS; ring++)
            if (!slow_submit(engine, &slow[device][ring]))
                bail("a read is refused: %s", strerror(errno));
    auraio_flush(engine);
    for (int device = 0; device < DEVICES; device++)
        for (int ring = 0; ring < RINGS; ring++)
            slow_end(&slow[device][ring]);
    int drained = auraio_drain(engine, 60000);
    for (int device = 0; device < DEVICES; device++)
        for (int ring = 0; ring < RINGS; ring++) {
            right += slow[device][ring].seen.calls == 1 && slow[device][ring].seen.result == 1;
            slow_close(&slow[device][ring]);
        }
    return drained == DEVICES * RINGS && right == DEVICES * RINGS;
}

int main(void)
{
    auraio_options_t options;
    int good = 0, rounds = 0;

    test_options(&options);
    options.disable_adaptive = true;
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time on each device");
    while (rounds < ROUNDS && good == rounds) {
        good += round_of(engine);
        rounds++;
    }
    is(good, ROUNDS, "rounds in which all was taken");
    is(auraio_get_target_count(engine), DEVICES, "on two devices");
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}

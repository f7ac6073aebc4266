/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No limit is put on an application that has little in flight, or whose operations
 * are served from memory, or that has nothing to do.
 */
#include "controller_model.h"
#include "tap.h"

static struct model model;

static void check(auraio_control_t law, double rate, double latency, int wanted, const char *what)
{
    int gated = 0, trials = 0;

    model_init(&model, law, rate, latency, wanted);
    for (int i = 0; i < 3000; i++) {
        model_tick(&model, 0.01);
        gated += model.verdict.gated;
        trials += model.verdict.trial;
    }
    is(gated, 0, "%s: no limit", what);
    is(trials, 0, "... no trial");
    is(model.verdict.phase, AURAIO_PHASE_PASSTHROUGH, "... and nothing begun");
}

int main(void)
{
    check(AURAIO_CONTROL_KNEE, 80000, 0.0002, 4, "four at a time");
    check(AURAIO_CONTROL_KNEE, 1e6, 1e-6, 16, "sixteen from memory");
    check(AURAIO_CONTROL_KNEE, 80000, 0.0002, 0, "nothing");
    check(AURAIO_CONTROL_AIMD, 80000, 0.0002, 4, "four at a time, classic");
    check(AURAIO_CONTROL_AIMD, 80000, 0.0002, 0, "nothing, classic");
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under a ceiling for the P99 the limit is what the ceiling allows, not the knee;
 * without it the knee is found again.
 */
#include "controller_model.h"
#include "tap.h"

static struct model model;

/* An application that keeps its own depth, and is never bound, is over it from the first. */
static void check_own_depth(int depth, double ceiling_ns, int least, int most)
{
    double cut = -1;
    int lowest = 256, highest = 0;

    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 0.0005, depth);
    model.config.ceiling_ns = ceiling_ns;
    while (model.seconds < 20) {
        model_tick(&model, 0.01);
        if (cut < 0 && model.verdict.gated && model.verdict.limit < depth)
            cut = model.seconds;
        if (model.seconds < 5 || model.verdict.trial)
            continue; /* trials may look beyond for a moment */
        lowest = model.verdict.limit < lowest ? model.verdict.limit : lowest;
        highest = model.verdict.limit > highest ? model.verdict.limit : highest;
    }
    ok(cut > 0 && cut < 0.1, "%d of its own, %.1f ms: a limit at %.2f s", depth, ceiling_ns / 1e6,
       cut);
    ok(lowest >= least && highest <= most, "... which stays within %d..%d", lowest, highest);
}

/* To a moment at which no trial looks beyond the limit. */
static void run_to_limit(double seconds)
{
    model_run(&model, seconds);
    for (int i = 0; i < 300 && model.verdict.trial; i++)
        model_tick(&model, 0.01);
}

int main(void)
{
    /* The P99 is 1.3 times the latency: up to 26 in flight stay under 0.7 ms. */
    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 0.0005, 1024);
    model.config.ceiling_ns = 0.7e6;
    run_to_limit(5);
    ok(model.verdict.limit >= 20 && model.verdict.limit <= 28, "the limit is %d, under both",
       model.verdict.limit);
    model.rate = 20000;
    run_to_limit(5);
    ok(model.verdict.limit >= 7 && model.verdict.limit <= 12, "on a slower device it is %d",
       model.verdict.limit);

    check_own_depth(64, 0.7e6, 16, 28);
    check_own_depth(200, 0.7e6, 16, 28);
    check_own_depth(256, 0.7e6, 16, 28);
    check_own_depth(64, 0.1e6, 1, 1);

    model_init(&model, AURAIO_CONTROL_AIMD, 50000, 0.0005, 1024);
    model.config.ceiling_ns = 1e6;
    model_run(&model, 20);
    ok(model.verdict.limit <= 40, "the classic law backs off to %d", model.verdict.limit);
    return done();
}

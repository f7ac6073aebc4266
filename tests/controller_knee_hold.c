/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KNEE notices an application that keeps a depth of its own, which is never bound,
 * although its throughput wobbles and ticks come late; one whose operations come at
 * random it lets be. A knee that is known survives the time in which nobody has use for it.
 */
#include "controller_model.h"
#include "tap.h"

#include <math.h>

static struct model model;

/* wobble: of the throughput from tick to tick; ticks are late by up to 4 ms. */
static void check_own_depth(double rate, double latency, double wobble, double most)
{
    double engaged = -1, usual = rate;

    model_init(&model, AURAIO_CONTROL_KNEE, rate, latency, 128);
    while (model.seconds < 5) {
        model.rate = usual * (1 + wobble * 2 * model_noise(&model));
        model_tick(&model, 0.012 + 0.004 * model_noise(&model));
        if (engaged < 0 && model.verdict.gated)
            engaged = model.seconds;
    }
    ok(engaged > 0 && engaged <= most,
       "128 of its own at %.0f/s, wobble %.0f %%: a trial at %.2f s", rate, 100 * wobble, engaged);
    ok(model.verdict.gated && model.verdict.limit < 64, "... and the limit is %d",
       model.verdict.limit);
}

/* Completions, and with them ticks, come ten times a second, as from a throttled device. */
static void check_throttled(double rate, double most)
{
    double asked = -1;

    model_init(&model, AURAIO_CONTROL_KNEE, rate, 1 / rate, 256);
    model.config.max = 512;
    while (model.seconds < 5) {
        model_tick(&model, 0.1 + 0.01 * model_noise(&model));
        if (asked < 0 && model.verdict.gated)
            asked = model.seconds;
    }
    ok(asked > 0 && asked <= most, "256 of its own at %.0f/s, 10 ticks/s: a trial at %.2f s", rate,
       asked);
}

/* What is in flight wanders as it does when as many come and go at random. */
static void check_random(double rate, double depth)
{
    int gated = 0;

    model_init(&model, AURAIO_CONTROL_KNEE, rate, depth / rate, 0);
    for (int i = 0; i < 2000; i++) {
        double sum = 0;
        for (int k = 0; k < 12; k++)
            sum += model_noise(&model);
        model.wanted = (int)(depth + sqrt(depth) * sum);
        model_tick(&model, 0.01);
        gated += model.verdict.gated;
    }
    is(gated, 0, "about %.0f at random at %.0f/s: no limit", depth, rate);
}

/* Twice the knee is more than the application has: the search ends there all the same. */
static void check_close(int knee, int wanted)
{
    model_init(&model, AURAIO_CONTROL_KNEE, 60000, knee / 60000.0, wanted);
    model_run(&model, 4);
    ok(model.verdict.gated && model.verdict.limit >= knee && model.verdict.limit <= 1.25 * knee,
       "the knee is %d, the application keeps %d: the limit is %d", knee, wanted,
       model.verdict.limit);
}

/* An alarm with less to do than twice the limit: no trial upwards is bound, the knee is kept. */
static void check_alarm(double factor, int wanted)
{
    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 32 / 50000.0, 1024);
    model_run(&model, 4);
    model.rate *= factor;
    model.latency /= factor;
    model.wanted = wanted;
    model_run(&model, 4);
    ok(model.verdict.knee >= 29 && model.verdict.knee <= 38,
       "%.2g times as fast, %d wanted: the knee is %d", factor, wanted, model.verdict.knee);
    ok(model.verdict.gated && model.verdict.limit >= 32 && model.verdict.limit <= 1.25 * 32,
       "... the limit is %d", model.verdict.limit);
}

/* The application rests in the middle of the search after an alarm. */
static void check_rest(void)
{
    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 32 / 50000.0, 1024);
    model_run(&model, 4);
    model.rate /= 2;
    model.latency *= 2;
    while (model.verdict.phase == AURAIO_PHASE_CONVERGED ||
           model.verdict.phase == AURAIO_PHASE_STEADY)
        model_tick(&model, 0.01);
    model.wanted = 3;
    model_run(&model, 4);
    ok(model.verdict.knee > 0 && model.verdict.gated, "at rest after an alarm: the knee is %d",
       model.verdict.knee);
    model.wanted = 1024;
    model_run(&model, 0.1);
    ok(model.verdict.gated && model.verdict.limit <= 2 * 38,
       "... and from it the search begins (%d)", model.verdict.limit);
}

int main(void)
{
    check_alarm(0.5, 45);
    check_alarm(2, 45);
    check_alarm(0.5, 60);
    check_rest();
    check_own_depth(40000, 0.0001, 0.2, 0.3);
    check_own_depth(40000, 0.0001, 0.5, 0.3);
    check_own_depth(30000, 0.0005, 0.3, 0.3);
    check_own_depth(800, 0.005, 0.3, 0.6);
    check_own_depth(800, 0.005, 0, 0.6);
    check_throttled(2000, 0.6);
    check_throttled(20000, 0.6);
    check_close(60, 110);
    check_close(40, 64);
    check_random(50000, 12);
    check_random(5000, 30);
    check_random(20000, 60);
    return done();
}

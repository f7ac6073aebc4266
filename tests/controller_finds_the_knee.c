/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KNEE finds the depth from which on throughput is flat, from few to many
 * operations per second, and finds it again when the device becomes another.
 */
#include "controller_model.h"
#include "tap.h"

static struct model model;

static void check_knee(int knee, double rate)
{
    model_init(&model, AURAIO_CONTROL_KNEE, rate, knee / rate, 1024);
    model_run(&model, rate < 5000 ? 20 : 1);
    ok(model.verdict.gated, "a device of %.0f/s with its knee at %d is under a limit", rate, knee);
    model_run(&model, 1);
    double before = model.completed;
    int most = 0, least = 1024;
    for (int i = 0; i < 500; i++) {
        model_tick(&model, 0.01);
        if (model.verdict.trial)
            continue;
        most = model.verdict.limit > most ? model.verdict.limit : most;
        least = model.verdict.limit < least ? model.verdict.limit : least;
    }
    ok(most <= 1.25 * knee + 1 && least >= 0.95 * knee, "... which stays between %d and %d", least,
       most);
    ok(model.completed - before > 0.97 * 5 * rate, "... and gives %.1f %% of its throughput",
       (model.completed - before) / rate * 20);
}

static void check_change(double factor)
{
    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 32 / 50000.0, 1024);
    model_run(&model, 4);
    uint64_t searches = model.verdict.searches;
    model.rate *= factor;
    model_run(&model, 2);
    int limit = model.verdict.limit;
    ok(model.verdict.searches > searches, "%.2g times the capacity is noticed", factor);
    ok(limit >= 0.8 * 32 * factor && limit <= 1.5 * 32 * factor, "... the limit is %d", limit);
}

int main(void)
{
    check_knee(1, 3000);
    check_knee(4, 2000);
    check_knee(10, 20000);
    check_knee(33, 100000);
    check_knee(100, 500000);
    check_knee(200, 50000);
    check_change(0.5);
    check_change(4);
    return done();
}

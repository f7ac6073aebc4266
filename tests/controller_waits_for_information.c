/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticks in which nobody asked for completions change nothing, and a short standstill
 * of the device does not either.
 */
#include "controller_model.h"
#include "tap.h"

static struct model model;

static void check_unpolled(auraio_control_t law)
{
    static struct control_window nothing;

    model_init(&model, law, 50000, 0.0005, 1024);
    model_run(&model, 3);
    struct control_verdict before = model.verdict;
    int changes = 0;
    for (int i = 0; i < 1000; i++) {
        aur_controller_tick(&model.controller, &model.config, 0.05, &nothing, &model.verdict);
        changes += model.verdict.limit != before.limit || model.verdict.gated != before.gated;
    }
    is(changes, 0, "law %d: nothing changes while nobody polls", (int)law);
}

static void check_standstill(void)
{
    model_init(&model, AURAIO_CONTROL_KNEE, 50000, 0.0005, 1024);
    model_run(&model, 3);
    uint64_t searches = model.verdict.searches;
    for (int i = 0; i < 10; i++) {
        double rate = model.rate;
        model.rate = 0;
        for (int k = 0; k < 3; k++)
            model_tick(&model, 0.01);
        model.rate = rate;
        model_run(&model, 0.7);
    }
    is(model.verdict.searches, searches, "standstills of 30 ms call for no search");
}

int main(void)
{
    check_unpolled(AURAIO_CONTROL_KNEE);
    check_unpolled(AURAIO_CONTROL_AIMD);
    check_standstill();
    return done();
}

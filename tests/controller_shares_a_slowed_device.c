/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes share a device that becomes three times as slow, and one leaves: the
 * other is at the knee again soon. The device is one queue before 16 channels, as a
 * formula: what waits there waits the longer by the same time.
 */
#include "controller_model.h"
#include "tap.h"

#include <math.h>

#define KNEE 16.0

static struct model model[2];

static void run(double seconds, double service, int processes)
{
    for (int i = 0; i < seconds * 100; i++) {
        double depth[2] = {model[0].verdict.limit, processes > 1 ? model[1].verdict.limit : 0};
        double latency = fmax(service, (depth[0] + depth[1]) * service / KNEE);
        for (int p = 0; p < processes; p++)
            model_feed(&model[p], depth[p], latency, service);
    }
}

int main(void)
{
    for (int p = 0; p < 2; p++) {
        model_init(&model[p], AURAIO_CONTROL_KNEE, 0, 0, 0);
        model[p].chance += (uint32_t)p;
        aur_controller_init(&model[p].controller, AURAIO_CONTROL_KNEE, (uint32_t)p + 1);
    }
    run(10, 200e-6, 2);
    int sum = model[0].verdict.limit + model[1].verdict.limit;
    ok(sum <= 3 * KNEE, "two with the same law: %d in all", sum);
    run(10, 600e-6, 2);
    sum = model[0].verdict.limit + model[1].verdict.limit;
    ok(sum >= 0.7 * KNEE && sum <= 3 * KNEE, "the device slows: %d in all", sum);
    run(4, 600e-6, 1);
    ok(model[0].verdict.limit >= 0.9 * KNEE && model[0].verdict.limit <= 1.5 * KNEE,
       "the other one leaves: %d", model[0].verdict.limit);
    return done();
}

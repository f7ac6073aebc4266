/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device of some channels, each with a queue, by the formula: throughput grows with
 * depth for long, and each operation waits the longer. That looks as if others were
 * there; but spreads grow with latency, if late. The law takes the throughput.
 */
#include "controller_model.h"
#include "tap.h"

#include <math.h>

#define CHANNELS 8
#define SERVICE 200e-6 /* s */

static double throughput(double depth)
{
    return CHANNELS / SERVICE * depth / (depth + CHANNELS - 1);
}

/* slow: of a spread's way in a tick; samples are taken for so many seconds. */
static double share_of_best(double slow, double sampled)
{
    static struct model model;
    double spread = SERVICE, done = 0;

    model_init(&model, AURAIO_CONTROL_KNEE, 0, 0, 0);
    for (int i = 0; i < 2000; i++) {
        double depth = model.verdict.limit, latency = depth / throughput(depth);
        spread += fmin(1, slow) * (1.6 * latency - spread);
        model_feed(&model, depth, latency, i * 0.01 < sampled ? spread : 0);
        done += i < 1000 ? 0 : throughput(depth) / 1000;
    }
    return 100 * done / throughput(model.config.max);
}

/* Of a fast device whose channels slow each other down. */
static double slowed(double depth)
{
    return 34e-6 * cbrt(1 + pow(depth / 27, 3));
}

/* The application had 256 in flight: a tick at a far smaller depth has many of them in it. */
static double share_after_many(void)
{
    static struct model model;
    double before = 256, done = 0;

    model_init(&model, AURAIO_CONTROL_KNEE, 0, 0, 0);
    for (int i = 0; i < 1000; i++) {
        double depth = model.verdict.limit;
        bool fell = before > 8 * depth;
        double latency = (fell ? 0.9 : 1) * slowed(depth);
        model_feed(&model, depth, latency, (fell ? 1.7 : 0.4) * slowed(depth));
        before = depth;
        done += i < 500 ? 0 : depth / slowed(depth) / 500;
    }
    return 100 * done / (256 / slowed(256));
}

int main(void)
{
    double share = share_of_best(1, 20);
    ok(share > 90, "spreads that follow at once: %.0f %% of the throughput", share);
    share = share_of_best(0.1, 20);
    ok(share > 90, "spreads that follow late: %.0f %% of the throughput", share);
    share = share_of_best(1, 0.15);
    ok(share > 90, "latencies are not known any more: %.0f %% of the throughput", share);
    share = share_after_many();
    ok(share > 90, "latencies of what was in flight before: %.0f %% of the throughput", share);
    return done();
}

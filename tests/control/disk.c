/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk's arm. Positioning is the seek, which grows with the root of the
 * distance, and the wait for the sector, which is anything up to a revolution. The
 * drive takes the nearest, but what has waited counts as nearer with time, so that
 * nothing starves.
 */
#include "device.h"

#include "world.h"

#include <math.h>

#define SETTLE_SHARE .1  /* of service_us, which is a revolution: moving at all */
#define STROKE_SHARE 1.1 /* from end to end on top of that */
#define AGE_SHARE .02    /* nearer by this share of the time waited */

uint32_t disk_choose(struct world *world, struct device *device, double *service_ns)
{
    double revolution = device->model.service_us * 1e3;
    double best = INFINITY;
    int chosen = 0;

    for (int i = 0; i < device->windowed; i++) {
        const struct op *op = &world->ops[device->window[i]];
        double distance = fabs((double)op->place - device->arm);
        double seek = revolution * (SETTLE_SHARE + STROKE_SHARE * sqrt(distance));
        double ns = seek + revolution * chance_uniform(&device->chance);
        double cost = ns - AGE_SHARE * (double)(world->now - op->started);
        if (cost >= best)
            continue;
        best = cost;
        *service_ns = ns;
        chosen = i;
    }
    uint32_t id = device->window[chosen];
    device->window[chosen] = device->window[--device->windowed];
    device->arm = (double)world->ops[id].place;
    return id;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What disturbs a device: wobbling speed, stalls (garbage collection), bursts of
 * somebody else's load. A function of time and seed alone, so that all contestants
 * meet the same. Knows only chance.
 */
#ifndef WEATHER_H
#define WEATHER_H

#include "chance.h"

/* What a scenario says; zeros are a calm day. */
struct weather_model {
    double wobble;    /* standard deviation of the speed, drawn anew every wobble_ms */
    double wobble_ms; /* 0: 20 */
    double stall_ms;  /* the device stands still for so long */
    double stall_every_ms;
    double burst_load; /* share of the capacity that bursts take, 40..60 ms each */
    double burst_every_ms;
};

struct weather {
    struct weather_model model;
    uint64_t seed;
    uint64_t piece; /* of the wobble, whose factor is kept */
    double factor;
};

void weather_init(struct weather *weather, const struct weather_model *model, uint64_t seed);
/* When work of so many ns that begins now is done. */
uint64_t weather_finish(struct weather *weather, uint64_t now, double service_ns);

#endif

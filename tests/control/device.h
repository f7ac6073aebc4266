/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storage device: takes operations, gives each back after a time that depends
 * on what else it has. Owned by the world; knows the world's clock and operations.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "weather.h"

#include <stdbool.h>
#include <stdint.h>

struct world;

enum device_kind {
    DEVICE_SHARED,  /* one queue before all channels: a hard knee at their number */
    DEVICE_STRIPED, /* an operation belongs to one channel: a soft knee */
    DEVICE_SMOOTH, /* service slows down with the depth n: (1 + (n / channels)^power)^(1 / power) */
    DEVICE_DISK    /* one arm, shortest positioning first among as many as it has channels */
};

#define DEVICE_KINDS 4

struct device_model {
    enum device_kind kind;
    int channels;
    double service_us;
    enum spread_kind spread;
    double sigma; /* of a lognormal spread */
    double power; /* of DEVICE_SMOOTH; 3: soft, 8: hard */
    double droop; /* slower by this share per channels in flight over twice them, at most twice */
    double wire_us, wire_sigma; /* a network on top, lognormal */
    double byte_ns;             /* per byte, on top of the service */
    /* Operations per second once the burst is used up; what is not used fills it again. */
    double credit_rate, credit_burst;
    bool is_exhausted; /* begins with the burst used up */
};

#define DEVICE_CHANNELS 256
#define DISK_WINDOW 64

struct fifo {
    uint32_t head, tail; /* operations + 1, linked by next; 0: empty */
    int count;
};

struct device {
    struct device_model model;
    struct spread spread, wire;
    struct weather weather;
    struct chance chance;
    int inside;          /* all that came in and did not go out */
    int busy;            /* channels at work, DEVICE_SHARED and DEVICE_DISK */
    struct fifo waiting; /* of the shared queue */
    struct fifo channel[DEVICE_CHANNELS];
    bool serving[DEVICE_CHANNELS];
    uint32_t window[DISK_WINDOW]; /* what the disk chooses from */
    int windowed;
    double arm;            /* 0..1 */
    double credit_at;      /* when the next credit falls due, ns */
    uint64_t exhausted_at; /* the burst was used up first; 0: not yet */
};

void device_init(struct device *device, const struct device_model *model,
                 const struct weather_model *weather, uint64_t seed);
/* Becomes another; what is being served ends as it began. */
void device_change(struct world *world, struct device *device, const struct device_model *model);
void device_enter(struct world *world, struct device *device, uint32_t id);
void device_served(struct world *world, struct device *device, uint32_t id);
void device_released(struct world *world, struct device *device, uint32_t id);

const char *device_kind_name(enum device_kind kind);

/* In disk.c: takes the next operation out of the window; ns until it is served. */
uint32_t disk_choose(struct world *world, struct device *device, double *service_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device that simdisk plays: S channels, each of which serves one request at
 * a time. A request waits for a free channel in order of arrival, is served, and
 * is due. Time is what the caller says it is. A channel takes its next request at
 * the moment the one before was due, not when the caller came to look, so that a
 * late caller costs latency and never capacity. Knows nobody; one thread.
 */
#ifndef SIMDISK_DEVICE_H
#define SIMDISK_DEVICE_H

#include <stddef.h>
#include <stdint.h>

enum {
    DEVICE_REQUESTS = 4096, /* most it holds, waiting and in service */
    DEVICE_CHANNELS = 1024,
    DEVICE_LATE_US = 1000 /* lateness is counted up to this */
};

enum distribution { FIXED, EXPONENTIAL, LOGNORMAL };

/* Changed as a whole by device_change. */
struct device_settings {
    int channels;
    int load;          /* of these, taken by a neighbour; less than channels */
    double service_us; /* the mean */
    enum distribution distribution;
    double sigma;                /* of LOGNORMAL: standard deviation of the logarithm */
    double wobble_percent;       /* standard deviation of a factor that changes every 20 ms */
    double interference_percent; /* a service is longer by this when all channels are busy */
    double stall_ms;             /* nothing is served so long, */
    double stall_every_ms;       /* so often; 0: once, at the change */
};

/* Since the beginning or device_forget. */
struct device_counters {
    uint64_t requests; /* arrived */
    uint64_t begun;    /* got a channel */
    uint64_t ended;
    int in_service, waiting; /* now */
    int most_in_service, most_waiting;
    double waited_us;                  /* sum of times before a channel was free */
    double served_us;                  /* sum of service times */
    double late_us;                    /* sum of times from due to device_take */
    uint32_t late[DEVICE_LATE_US + 1]; /* by microsecond, the last takes what is later */
};

struct device_request {
    uint64_t at_ns; /* waiting: arrival; in service: when it is due */
    void *owner;
};

struct device {
    struct device_settings settings;
    struct device_counters counters;
    struct device_request waiting[DEVICE_REQUESTS]; /* a ring, oldest first */
    unsigned first_waiting;
    struct device_request in_service[DEVICE_CHANNELS]; /* a heap, the next due at the root */
    uint64_t stalled_until_ns, next_stall_ns;          /* next: 0 for none */
    uint64_t wobble_until_ns;
    double wobble; /* the factor */
    uint64_t random;
};

void device_init(struct device *device, uint64_t seed);
void device_change(struct device *device, const struct device_settings *settings, uint64_t now_ns);
void device_forget(struct device *device); /* counters to zero, but for what is there now */

/* -1 when it is full. */
int device_arrive(struct device *device, void *owner, uint64_t now_ns);

/* The owner of the request that is due next, when it is due by now; else NULL. */
void *device_take(struct device *device, uint64_t now_ns);

/* When the next request is due; UINT64_MAX for none. */
uint64_t device_next_ns(const struct device *device);

/* The lateness in us that 99 % of the answers did not exceed. */
int device_late_p99_us(const struct device_counters *counters);

#endif

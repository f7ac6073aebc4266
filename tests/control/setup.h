/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is simulated: devices, their weather, applications, changes in mid-run. Plain
 * data; nothing in it is changed by a run. A setup is divided into eras, within
 * which nothing changes, so that each has a best static depth of its own.
 */
#ifndef SETUP_H
#define SETUP_H

#include "device.h"

#define SETUP_DEVICES 2
#define SETUP_APPS 16
#define SETUP_CHANGES 4
#define SETUP_ERAS 3
#define SETUP_RINGS 8 /* of a process */
#define SETUP_PROCESSES 3
#define RING_DEPTH 256

enum app_kind {
    APP_CLOSED, /* keeps so many outstanding as it has concurrency */
    APP_OPEN,   /* Poisson arrivals, whatever the device does */
    APP_BURSTY  /* closed, between its concurrency and two, switching every on_ms and off_ms */
};

struct app_model {
    enum app_kind kind;
    int process, ring, device;
    int concurrency; /* over RING_DEPTH: is refused now and then, and wants more */
    double rate;     /* APP_OPEN: per second */
    double on_ms, off_ms;
    uint32_t bytes;
    uint32_t large_bytes; /* of one in large_every operations; 0: none */
    uint32_t large_every;
    double from, until; /* seconds; until 0: to the end */
};

struct change {
    double at; /* seconds */
    int device;
    struct device_model model;
};

/* What each process is controlled by. */
enum law { LAW_NONE, LAW_STATIC, LAW_KNEE, LAW_AIMD };

struct contestant {
    enum law law;
    int depth; /* of LAW_STATIC */
};

struct setup {
    const char *name, *about;
    int devices;
    struct device_model device[SETUP_DEVICES];
    struct weather_model weather[SETUP_DEVICES];
    int rings; /* of each process */
    int apps;
    struct app_model app[SETUP_APPS];
    int changes;
    struct change change[SETUP_CHANGES];
    double seconds;
    double ceiling_us;
    double reap_us;  /* a thread is busy for so long between two looks; 0: looks at once */
    double op_us;    /* CPU time of an operation beyond the library's own: a copy in memory */
    int rival_depth; /* the others are held to it; 0: not; -1: they have the law of the first */
    int eras;
    double era[SETUP_ERAS]; /* where each begins, seconds; the first at 0 */
    bool era_by_credit;     /* the second begins when the burst is used up */
    bool against_none;      /* compared with no limit at all; it has no best depth */
};

#endif

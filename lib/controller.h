/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control law: how many operations one target may have in flight. Pure: no
 * clock, no lock, no allocation, no I/O; its whole input is a window of counters
 * and the time it took, so that a million simulated seconds run in a test and
 * repeat to the bit. Knows nobody but the laws and latency.h.
 */
#ifndef AUR_CONTROLLER_H
#define AUR_CONTROLLER_H

#include "controller_aimd.h"
#include "controller_knee.h"
#include "latency.h"

#include <auraio.h>
#include <stdbool.h>
#include <stdint.h>

/* What one target did since the last tick, all rings together; data operations only. */
struct control_window {
    double cost;        /* completed: operations + bytes / 64 KiB */
    uint64_t completed; /* operations */
    uint64_t bound;     /* of these: since the one before somebody wanted more than the limit */
    uint64_t polls;     /* times that completions were asked for */
    uint64_t samples;   /* latencies taken, each known to a tenth of itself */
    uint64_t over[3];   /* of these, over 1.0, 0.9 and 0.8 of the ceiling; 0 without one */
    double concurrency; /* in flight at the end; 0: not known */
    uint32_t latency[LATENCY_BUCKETS]; /* the samples; they may be 1 in 8 of the operations */
};

/* May change from tick to tick. */
struct control_config {
    int initial;       /* operations in flight where a search starts; 0: the law's own */
    int min;           /* 0: the law's own */
    int max;           /* at least 1 */
    double ceiling_ns; /* for the P99; 0: none */
};

struct control_verdict {
    int limit;  /* min..max */
    bool gated; /* the limit is in force; else all that comes is let through */
    bool trial; /* a trial runs: nothing else may be tuned meanwhile */
    auraio_phase_t phase;
    int knee;               /* 0: not known */
    double baseline_p99_ns; /* 0: not known */
    uint64_t searches;      /* that left the depth they began at, so far */
};

/* Its parts are the laws' own; no other looks into them. */
struct controller {
    auraio_control_t law;
    union {
        struct knee knee;
        struct aimd aimd;
    } u;
};

/* seed: of what is left to chance, such as when a steady limit is questioned. */
void aur_controller_init(struct controller *controller, auraio_control_t law, uint32_t seed);
/* seconds: really elapsed since the last tick. */
void aur_controller_tick(struct controller *controller, const struct control_config *config,
                         double seconds, const struct control_window *window,
                         struct control_verdict *verdict);

#endif

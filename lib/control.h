/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the control laws meet the rings: every 10 ms, on the thread that happens to
 * reap, what a target's rings have counted becomes a window, the law says how many
 * operations the target may have, and the gates follow.
 */
#ifndef AUR_CONTROL_H
#define AUR_CONTROL_H

#include "controller.h"
#include "target.h"

/* One target's law and what it was told last. By the thread that ticks. */
struct control {
    struct controller controller;
    struct control_config config;
    struct control_window window;
    struct control_verdict verdict;
    uint64_t completed, bytes, bound, over[3]; /* totals at the last tick */
    uint32_t known[LATENCY_BUCKETS];
};

/* Ticks when it is time to. No lock held. */
void aur_control_tick(auraio_engine_t *engine, uint64_t now_ns);

/* The limit to be in force: the law's, but no more than the caller's; 0: none. */
int aur_control_limit(const auraio_engine_t *engine, const struct target *target);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds a target's limit: a law of the library, a fixed depth, or nobody. A
 * pilot is one of them at work.
 */
#ifndef CONTESTANT_H
#define CONTESTANT_H

#include "controller.h"
#include "setup.h"

struct pilot {
    struct contestant contestant;
    struct control_config config;
    struct control_verdict verdict;
    struct controller controller; /* of a law of the library */
};

bool contestant_parse(struct contestant *contestant,
                      const char *text);                          /* knee, aimd, none, best, N */
const char *contestant_name(const struct contestant *contestant); /* until the next call */

void pilot_init(struct pilot *pilot, const struct contestant *contestant, int max,
                double ceiling_ns, uint32_t seed);
void pilot_tick(struct pilot *pilot, double seconds, const struct control_window *window);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Random devices: capacity, knee, kind of service and of knee drawn from a seed. */
#ifndef DRAW_H
#define DRAW_H

#include "setup.h"

void draw_static(uint64_t seed, struct setup *setup);
void draw_changing(uint64_t seed, struct setup *setup); /* becomes another in mid-run */

#endif

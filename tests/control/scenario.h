/* SPDX-License-Identifier: Apache-2.0 */
/* The named scenarios. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "setup.h"

int scenario_count(void);
const struct setup *scenario_at(int index);
/* By name; static:N and change:N are random devices of the seed. False: there is none. */
bool scenario_find(const char *name, uint64_t seed, struct setup *setup);

#endif

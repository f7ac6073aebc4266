/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What KNEE leaves to chance: xorshift, by Marsaglia. Knows nobody.
 */
#ifndef AUR_CONTROLLER_KNEE_CHANCE_H
#define AUR_CONTROLLER_KNEE_CHANCE_H

#include <stdint.h>

/* chance: never 0. */
static inline double knee_chance_between(uint32_t *chance, double low, double high)
{
    *chance ^= *chance << 13;
    *chance ^= *chance >> 17;
    *chance ^= *chance << 5;
    return low + (high - low) * (double)*chance / 4294967296.0;
}

#endif

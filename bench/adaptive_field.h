/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs: static depths in order, then the laws. */
#ifndef ADAPTIVE_FIELD_H
#define ADAPTIVE_FIELD_H

#include "adaptive_load.h"

enum { CONTESTANTS_MOST = 24 };

struct field {
    struct contestant contestants[CONTESTANTS_MOST];
    int static_count, count;
};

/* One that is there already, or is out of range, changes nothing. */
void field_add_depth(struct field *field, int depth);

/* The powers of this factor, 2 or 4, up to the most there is. */
void field_add_powers(struct field *field, int factor);

/* What lies around a knee. */
void field_add_around(struct field *field, int knee);

/* Both; after the depths. */
void field_add_laws(struct field *field);

/* What a short sweep tells of a disk. */
struct calibration {
    int knee;          /* to a factor of two */
    double ceiling_ms; /* one that can be kept */
};

struct calibration calibrate(const struct disk *disk);

#endif

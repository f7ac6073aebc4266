/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics of one or many engines as text, in the format of Prometheus (0.0.4) or
 * OpenMetrics (1.0). families.c has the table of all families; docs/metrics.md is what
 * is promised of it. Nothing here allocates, and no locale has a say.
 */
#ifndef FAMILIES_H
#define FAMILIES_H

#include "reader.h"

/* As snprintf: len counts on beyond cap, and nothing more is written. */
struct text {
    char *buf;
    size_t cap, len;
    bool openmetrics, rings;
};

void text_put(struct text *text, const char *string);
void text_number(struct text *text, uint64_t number);
void text_seconds(struct text *text, uint64_t ns);
void text_label(struct text *text, const char *name, const char *value); /* name="value" */

enum family_type { COUNTER, GAUGE, HISTOGRAM, INFO };
void text_family(struct text *text, const char *name, enum family_type type, const char *unit,
                 const char *help);

/* An engine, and the labels of all its series. */
struct subject {
    const struct reader_engine *engine;
    char labels[288];
};

void subject_init(struct subject *subject, const struct reader_engine *engine);

/* No less than what the samples of an engine take. */
size_t text_most(const struct reader_engine *engine, bool rings);

/* Every family of engines, each with its samples of all subjects. */
void text_families(struct text *text, const struct subject *subjects, size_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is demanded of a law: one row each, with its bar and what came out. Every
 * group of rows runs its scenarios for one contestant and adds its findings.
 */
#ifndef FINDING_H
#define FINDING_H

#include "score.h"

struct finding {
    const char *subject;
    char bar[96], result[192];
    bool is_judged; /* without a bar it is told only */
    bool is_met;
};

#define FINDINGS 64

struct findings {
    int count;
    struct finding finding[FINDINGS];
};

struct inquiry {
    struct world *world;
    struct contestant contestant;
    uint64_t seed;
    int devices;     /* of each kind of random ones */
    double steady_s; /* of a random device, at least */
    void (*tell)(const struct inquiry *inquiry, const char *name, const struct setup *setup,
                 const struct bout *bout); /* each bout; may be NULL */
    struct findings *findings;
};

struct finding *finding_add(const struct inquiry *inquiry, const char *subject, bool is_met,
                            const char *bar);
__attribute__((format(printf, 2, 3))) void finding_result(struct finding *finding,
                                                          const char *format, ...);
/* Runs a scenario by name. */
void inquiry_run(const struct inquiry *inquiry, const char *name, struct setup *setup,
                 struct bout *bout);

void inquiry_random(const struct inquiry *inquiry);  /* rows_random.c */
void inquiry_change(const struct inquiry *inquiry);  /* rows_change.c */
void inquiry_ceiling(const struct inquiry *inquiry); /* rows_ceiling.c */
void inquiry_rings(const struct inquiry *inquiry);   /* rows_rings.c */
void inquiry_calm(const struct inquiry *inquiry);    /* rows_calm.c: noise, open loop, page cache */
void inquiry_rivals(const struct inquiry *inquiry);  /* rows_rivals.c: other processes */
void inquiry_rest(const struct inquiry *inquiry);    /* rows_rest.c: told, not judged */

/* One of these groups (random, change, ...), or all; false: there is no such group. */
bool inquiry_group(const struct inquiry *inquiry, const char *name);

#endif

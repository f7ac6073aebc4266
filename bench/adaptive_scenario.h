/* SPDX-License-Identifier: Apache-2.0 */
/* What the contestants run through, and the stage of disks on which they do. */
#ifndef ADAPTIVE_SCENARIO_H
#define ADAPTIVE_SCENARIO_H

#include "adaptive_run.h"

enum { EXTRA_DEPTHS = 6 };

struct scenario {
    const char *group; /* the name on the command line */
    const char *name;
    const char *title;
    const char *on_file; /* what it is on a file or device of the user; NULL: not possible there */
    int part_count, disk_count;
    const char *parts[PARTS_MOST];    /* their names */
    const char *settings[PARTS_MOST]; /* of simdisk when a part begins, or of each disk */
    int extra_depths[EXTRA_DEPTHS];   /* static ones beside the powers of two, 0 ends them */
    double ceiling_ms;
    double warm_s;  /* of a run of 4 s, else in proportion */
    double seconds; /* the same */
};

extern const struct scenario scenarios[];
extern const int scenario_count;

struct stage;

/* On these files, or on simdisks of its own when there are none. */
struct stage *stage_open(const char *const *files, int file_count);
void stage_close(struct stage *stage);

bool stage_can(const struct stage *stage, const struct scenario *scenario);
bool stage_is_simulated(const struct stage *stage);
const struct disk *stage_disks(const struct stage *stage);

/* What is played from now on; the hooks of the runs, whose context is the stage. */
void stage_set(struct stage *stage, const struct scenario *scenario);
void stage_begin_run(void *stage);
void stage_begin_part(void *stage, struct load *load, int part);
void stage_end_run(void *stage);
double stage_delayed_s(void *stage);

/* With O_DIRECT where the file has that. */
struct disk disk_open(const char *path, bool is_known);

#endif

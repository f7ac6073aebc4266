/* SPDX-License-Identifier: Apache-2.0 */
/* steadystate=: a job, or with group_reporting those of its group, ends when its operations or
 * its bandwidth have been steady for long enough. The main thread looks once a second. */
#ifndef BFFIO_STEADY_H
#define BFFIO_STEADY_H

#include "run.h"

struct steadies;

/* NULL when no job asks for it; *error is -ENOMEM without memory. */
struct steadies *steadies_new(struct run *run, int *error);
void steadies_free(struct steadies *steadies);
/* Ends the tasks that have become steady. */
void steadies_watch(struct steadies *steadies);
/* After the run: into the statistics of the first task of each. */
void steadies_tell(struct steadies *steadies);

#endif

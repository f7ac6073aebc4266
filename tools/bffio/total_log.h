/* SPDX-License-Identifier: Apache-2.0 */
/* --bandwidth-log: what all jobs moved together, twice a second. */
#ifndef BFFIO_TOTAL_LOG_H
#define BFFIO_TOTAL_LOG_H

#include "run.h"

/* Adds a sample when it is time. */
void total_log_watch(struct run *run);

#endif

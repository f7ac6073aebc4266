/* SPDX-License-Identifier: Apache-2.0 */
/* Where and with which priority a task's thread runs. */
#ifndef BFFIO_PLACE_H
#define BFFIO_PLACE_H

#include "run.h"

/* cpus_allowed, nice, prio for the calling thread; 0 or -1 after task_fail. */
int place_thread(struct task *task);

#endif

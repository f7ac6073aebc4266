/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many submissions are gathered for one system call, where the library decides.
 * Without a limit in force the program's CPU is what is short, and as many are
 * gathered as pay. Under a limit the device is, and it waits for what is gathered:
 * then the calls are brought towards eight each, which is most of what gathering
 * saves. Pure; control.c gives it what the rings have counted.
 */
#ifndef AUR_BATCH_H
#define AUR_BATCH_H

#include <stdint.h>

#define BATCH_MOST 32  /* without a limit; more saves nothing that can be measured */
#define BATCH_LEAST 8  /* per call on average, at least, */
#define BATCH_TWICE 16 /* and at most: whatever the bursts, a threshold is between the two */
#define BATCH_CALLS 32 /* fewer say little */

/* The threshold after so many submissions in so many calls under this one. */
static inline unsigned batch_tuned(unsigned batch, uint64_t submissions, uint64_t calls)
{
    if (calls < BATCH_CALLS ||
        (submissions >= BATCH_LEAST * calls && submissions <= BATCH_TWICE * calls))
        return batch;
    double per_call = (double)(submissions ? submissions : 1) / (double)calls;
    double next = batch * (BATCH_LEAST / per_call);
    if (next >= BATCH_MOST)
        return BATCH_MOST;
    return next <= BATCH_LEAST ? BATCH_LEAST : (unsigned)next + 1;
}

#endif

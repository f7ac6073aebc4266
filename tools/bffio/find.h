/* SPDX-License-Identifier: Apache-2.0 */
/* iodepth=auto and --target-p99: the jobs of a run status group share one engine, whose
 * controller finds the depth.
 *
 * A job submits until it is refused (EAGAIN), so what it measures is the device, not a queue of
 * its own. Any thread may reap: its own completions go to its list, those of others are handed
 * over (`handed`, a stack without locks) and their owner is woken if it sleeps. One thread at a
 * time sleeps in auraio_wait, the others on their own futex. */
#ifndef BFFIO_FIND_H
#define BFFIO_FIND_H

#include "loop.h"

struct shared;

struct shared *shared_new(void);
void shared_free(struct shared *shared);
/* Before the run: one more job of the group will use it. */
void shared_expect(struct shared *shared, const struct job *job);
/* How many operations one of its jobs should be able to offer. */
unsigned shared_offer(const struct shared *shared);
/* The first one makes the engine, the last one to leave frees it. 0 or -1 after task_fail. */
int shared_join(struct shared *shared, struct loop *loop);
void shared_leave(struct shared *shared, struct loop *loop);

void shared_on_done(auraio_request_t *request, ssize_t result, void *user_data);
/* Until something of this loop's is done, or attention is wanted. false: the engine has failed. */
bool shared_wait(struct shared *shared, struct loop *loop);
/* Refused with nothing in flight: until there may be room. */
void shared_starve(struct shared *shared, struct loop *loop);
/* This thread will not reap for a while: another one has to. */
void shared_away(struct shared *shared, struct loop *loop);
/* Whether this loop leaves room to one that has nothing in flight. */
bool shared_must_yield(struct shared *shared, const struct loop *loop);
/* One operation counted in the phase the controller is in. */
void shared_count(struct shared *shared, struct loop *loop, uint64_t ns);

/* The main thread, every TRACE_MS while the engine lives. */
enum { TRACE_MS = 100 };
void shared_watch(struct shared *shared);
/* After the run: the figures of the group for the row of the report. */
void shared_result(struct shared *shared, struct found *found);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backend does for a ring: start a slot's operation, hand over what is
 * gathered, collect what has ended, try to stop one. All with the ring's lock
 * held. io_uring serves what it can; the thread backend serves whole engines and
 * single operations that this kernel's io_uring lacks.
 */
#ifndef AUR_BACKEND_H
#define AUR_BACKEND_H

#include "ring.h"

/* io_uring */
bool aur_uring_place(struct ring *ring, struct slot *slot); /* true: time to send */
int aur_uring_flush(struct ring *ring);                     /* 0, or -errno that is fatal */
bool aur_uring_reap(struct ring *ring);                     /* true: there are more */
/* The only completion, of a plain ring; NULL and *ordinary false: it is for aur_uring_reap. */
struct slot *aur_uring_take_one(struct ring *ring, bool *ordinary);
void aur_uring_cancel(struct ring *ring, struct slot *slot);
void aur_uring_failed(struct ring *ring, struct uring *uring, int error); /* for good */
unsigned aur_uring_gathered(struct ring *ring); /* how many, published for a wait to send */
void aur_uring_refused(struct ring *ring, struct uring *uring, int error); /* to workers */
/* For the poll fd: 0 or negative errno. */
int aur_uring_signal_deferred(auraio_engine_t *engine, struct uring *uring);
int aur_uring_watch(struct ring *ring);     /* by epoll, all instances: 0 or negative errno */
bool aur_uring_arm_wake(struct ring *ring); /* false: no room for the SQE */
/* Setup lock held. 0 or negative errno; *refused when it is the kernel's. */
int aur_uring_make(auraio_engine_t *engine, bool coop, struct uring **out, bool *refused);
void aur_uring_drain(struct ring *ring); /* uring becomes one of those that drain */
void aur_ring_retire_drained(struct ring *ring, bool all); /* setup lock held, or nobody left */
void aur_uring_retire(auraio_engine_t *engine, struct uring *uring); /* close and free */

/* threads */
struct workers;
/* Waits for the workers until the deadline; false: some are stuck in a call, all is left to them.
 */
bool aur_workers_free(struct workers *workers, uint64_t deadline_ns);
void aur_workers_forget(struct workers *workers); /* in a forked child: the memory alone */
void aur_workers_start(struct ring *ring, struct slot *slot);
void aur_workers_do(struct ring *ring, struct slot *slot); /* here and now; no lock held */
void aur_workers_reap(struct ring *ring);
bool aur_workers_cancel(struct ring *ring, struct slot *slot); /* true: it had not begun */

#endif

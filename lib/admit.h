/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: an operation gets a slot, its target and its place in the kernel's
 * queue, or an errno and leaves no trace. All with the ring's lock held.
 */
#ifndef AUR_ADMIT_H
#define AUR_ADMIT_H

#include "ring.h"

/* Not errno values: the caller sleeps and tries again, or tries another ring. */
enum { WAIT_FOR_ROOM = -1, RING_IS_FULL = -2 };

/* 0, an errno value or one of those above. */
int aur_admit(struct ring *ring, const auraio_op_t *op, uintptr_t *handle);
/* A chain of n, whole or not at all. */
int aur_admit_chain(struct ring *ring, const auraio_op_t *ops, size_t n,
                    auraio_request_t **handles);

#endif

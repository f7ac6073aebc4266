/* SPDX-License-Identifier: Apache-2.0 */
/* What registered.c, registered_buffers.c and registered_files.c have among themselves. */
#ifndef AUR_REGISTERED_SETS_H
#define AUR_REGISTERED_SETS_H

#include "invariant.h"
#include "registered.h"

struct ring;

/* A user more, or an errno value: EBUSY while the set drains, ENOENT when there is none. */
int aur_set_use(struct set *set);

/* A user less. */
static inline void set_unuse(struct set *set)
{
    int users = atomic_fetch_sub(&set->users, 1);

    AUR_ASSERT(users > 0);
    (void)users;
}

bool aur_set_is_taken(const struct set *set);
void aur_set_flag(struct ring *ring, bool *flag, bool value);

/* Enters the engine unless it refuses operations: an errno value, else leave it again. */
int aur_registered_enter(auraio_engine_t *engine);

void aur_each_uring(auraio_engine_t *engine,
                    void (*fn)(auraio_engine_t *, struct ring *, struct uring *));

/* For one kernel instance; ring is NULL while nobody submits to it yet. */
void aur_attach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring);
void aur_detach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring);
void aur_attach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring);
void aur_detach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring);

/* A reference less; the last one closes the duplicate. */
void aur_drop_file(auraio_engine_t *engine, struct fixed_file *file);
void aur_free_files(auraio_engine_t *engine, struct registered *reg);

#endif

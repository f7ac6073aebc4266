/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle is an integer in a pointer: generation, engine, ring and slot. It is
 * looked up, never followed, so a stale one reaches nothing: the engine's number
 * may be vacant, the slot's generation another.
 */
#ifndef AUR_HANDLE_H
#define AUR_HANDLE_H

#include <auraio.h>
#include <stdint.h>

#if UINTPTR_MAX > UINT32_MAX
#define HANDLE_SLOT_BITS 16
#define HANDLE_RING_BITS 11
#define HANDLE_ENGINE_BITS 13
#define HANDLE_GENERATION_BITS 24
#else
#define HANDLE_SLOT_BITS 13
#define HANDLE_RING_BITS 5
#define HANDLE_ENGINE_BITS 5
#define HANDLE_GENERATION_BITS 9
#endif

/* RING_SPARE_SLOTS are on top of the queue depth */
#define HANDLE_DEPTH_MAX                                                                           \
    (HANDLE_SLOT_BITS == 16 ? 32768 : (1 << HANDLE_SLOT_BITS) - RING_SPARE_SLOTS)
#define HANDLE_RINGS_MAX (1 << HANDLE_RING_BITS)
#define HANDLE_ENGINES (1 << HANDLE_ENGINE_BITS)
#define HANDLE_GENERATIONS (1u << HANDLE_GENERATION_BITS)

struct ring;
struct slot;

/* Never 0, nor below 1 << HANDLE_SLOT_BITS: engine numbers begin at 1. */
static inline uintptr_t handle_make(uint32_t generation, uint32_t engine, uint32_t ring,
                                    uint32_t slot)
{
    uintptr_t h = generation & (HANDLE_GENERATIONS - 1);

    h = h << HANDLE_ENGINE_BITS | engine;
    h = h << HANDLE_RING_BITS | ring;
    return h << HANDLE_SLOT_BITS | slot;
}

/* The slot's next one: the generation stands on top, so it wraps by itself. */
static inline uintptr_t handle_next(uintptr_t handle)
{
    return handle + ((uintptr_t)1 << (HANDLE_ENGINE_BITS + HANDLE_RING_BITS + HANDLE_SLOT_BITS));
}

static inline uint32_t handle_slot(uintptr_t handle)
{
    return handle & (((uintptr_t)1 << HANDLE_SLOT_BITS) - 1);
}

/* A number for the engine; 0: all are taken. */
uint32_t aur_handle_enrol(auraio_engine_t *engine);
/* The lowest number from 1 on that no other engine of this process with that name has. */
uint32_t aur_handle_instance(auraio_engine_t *engine);
/* Returns when no look-up is inside the engine any more. */
void aur_handle_vacate(uint32_t id);
void aur_handle_forget(uint32_t id); /* in a forked child: nobody can be inside */

/*
 * The slot of a live handle, its ring locked; NULL (and nothing locked) for any
 * other. Ended by aur_handle_leave. engine NULL: whichever it belongs to.
 */
struct slot *aur_handle_enter(auraio_engine_t *engine, const auraio_request_t *req,
                              struct ring **ring, int *error);
void aur_handle_leave(struct ring *ring);

#endif

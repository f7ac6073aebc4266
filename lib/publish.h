/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an engine's statistics lie: a segment, which is a file on tmpfs where they are
 * published, and memory of the engine's own where not. The code that counts knows no
 * difference. publish_place.c finds the directory and makes the file.
 */
#ifndef AUR_PUBLISH_H
#define AUR_PUBLISH_H

#include "lock.h"
#include "segment.h"

#include <auraio.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ring;

struct publication {
    struct segment_header *header; /* where the segment begins */
    struct segment_engine *engine;
    struct segment_target *targets;
    segment_word *errors;
    struct segment_ring *rings;
    struct segment_ring *rest; /* NULL: all rings that there may be have a block */
    int rings_room;
    _Atomic int rings_used; /* grows under the engine's setup lock */
    void *memory;           /* NULL: the segment is a mapped file */
    char *path;             /* of that file */
    struct lock lock;       /* one writes engine and targets at a time */
};

/* 0 or ENOMEM; that nothing can be published is no error. */
int aur_publish_begin(auraio_engine_t *engine);
/* Takes the file away. The segment goes too, unless somebody may still count in it. */
void aur_publish_end(auraio_engine_t *engine, bool still_used);
void aur_publish_forget(auraio_engine_t *engine); /* in a forked child, where it is not mapped */

/* The block of a new ring: one of the segment's or, where that is full, one for itself. NULL: no
 * memory. Setup lock held. */
struct segment_ring *aur_publish_ring(auraio_engine_t *engine, struct ring *ring);
void aur_publish_free_ring(auraio_engine_t *engine, struct segment_ring *block);

/* What stands still between ticks: the engine, its targets, limits and phases. Nothing where
 * nobody else reads it. */
void aur_publish_tick(auraio_engine_t *engine);

/* An operation has failed. */
static inline void publish_error(struct publication *publication, int error)
{
    int i = error > 0 && error < SEGMENT_ERRNOS ? error : 0;

    atomic_fetch_add_explicit(&publication->errors[i], 1, memory_order_relaxed);
}

/*
 * Where to publish, by the option of that name: an open directory, or -1. *path is its name, to be
 * freed; mode that of files in it.
 */
int aur_publish_directory(int wanted, char **path, mode_t *mode);

/* Takes away what dead processes left there, but for a few that died last: an exporter may lack the
 * right to. */
void aur_publish_tidy(int directory);

/* A new file of that size under that name in the directory, locked and mapped; NULL: it cannot be
 * made. */
void *aur_publish_make(int directory, const char *temporary, mode_t mode, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffer pool of an engine: aligned memory for O_DIRECT, handed out in size
 * classes and kept for the next caller. Any thread may call, and free what
 * another allocated; only destroy must come after all other calls, though
 * threads that made them may exit at any time, before, after or while it runs.
 * In a child after fork(2) only destroy may be called.
 */
#ifndef AUR_BUFPOOL_H
#define AUR_BUFPOOL_H

#include <auraio.h>
#include <stddef.h>

struct bufpool;

/* One per engine; for buffers aligned to alignment, a power of two, 512 at least, on a machine
 * with that many CPUs. NULL: no memory. */
struct bufpool *aur_bufpool_create(size_t alignment, int cpus);

/* Gives all idle memory back. Buffers still allocated stay valid and become the caller's, who
 * frees them with free(3). NULL is a no-op. */
void aur_bufpool_destroy(struct bufpool *pool);

/* At least that many bytes, not zeroed. NULL and errno: EINVAL for size 0, ENOMEM. */
void *aur_bufpool_alloc(struct bufpool *pool, size_t size);

/* 0, also for NULL. -EALREADY: freed before; -EINVAL: not the beginning of a buffer of this
 * pool; then nothing was changed. A buffer whose memory went back to the system reads "freed
 * before" until the pool gets memory on the same page again. */
int aur_bufpool_free(struct bufpool *pool, void *buf);

/* The bytes that may be used, at least what was asked for; 0: not an allocated buffer of this pool.
 */
size_t aur_bufpool_size(struct bufpool *pool, const void *buf);

/* Bytes and buffers held from the system, in callers' hands and idle; how many of the bytes are
 * idle. Exact while nobody allocates or frees. */
void aur_bufpool_stats(struct bufpool *pool, auraio_buffer_stats_t *stats);

#endif

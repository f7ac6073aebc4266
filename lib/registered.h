/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered buffers and files. A set is UNREGISTERED, REGISTERED or DRAINING;
 * operations count as its users from acceptance to delivery. Who takes a use
 * counts first and looks at the state then; who drains sets the state first and
 * looks at the count then: one of the two sees the other, without a lock.
 * State changes and the arrays belong to the holder of the engine's setup lock;
 * the arrays are freed only in DRAINING with no users. What is freed is taken out of its
 * place first: a child that another thread forks in between frees what it finds there.
 */
#ifndef AUR_REGISTERED_H
#define AUR_REGISTERED_H

#include "lock.h"

#include <auraio.h>
#include <stdatomic.h>
#include <stdbool.h>

struct uring;
struct slot;

enum set_state { SET_UNREGISTERED, SET_REGISTERED, SET_DRAINING };

struct set {
    _Atomic int state;
    _Atomic int users; /* never negative; with none of them DRAINING becomes UNREGISTERED */
    int count;         /* fixed while it is REGISTERED or DRAINING */
};

/*
 * One registered file: a duplicate of the caller's descriptor, so that operations
 * accepted before an update or after the caller's close reach the file they named.
 * Owned by its place in the table and by each operation that uses it.
 */
struct fixed_file {
    _Atomic int refs;     /* 1 or more while anybody has it */
    int fd;               /* the duplicate; -1 in an emptied slot */
    uint64_t identity[3]; /* inode and device, to know it again */
    int index;            /* its place in the kernel's table, while it is the current one there */
    _Atomic bool current;
};

struct registered {
    struct set buffers, files;
    struct iovec *iovs;
    struct fixed_file **table;
    struct lock table_lock; /* the table's entries: short, inside everything else */
    _Atomic int *plain;     /* by the caller's descriptor: index + 1, 0 for none */
    int plain_size;
    _Atomic bool draining; /* a set waits for its users: polls look at it */
};

/* Fill in slot->buffer and the address, or slot->file; 0 or an errno value (positive). */
int aur_registered_use_buffer(auraio_engine_t *engine, struct slot *slot);
int aur_registered_use_file(auraio_engine_t *engine, struct slot *slot, int index);
int aur_registered_find_plain(auraio_engine_t *engine, int fd); /* index or -1 */
void aur_registered_release(auraio_engine_t *engine, struct slot *slot);

/* Makes the sets known to a new ring; what the kernel refuses is served unregistered. */
void aur_registered_attach(auraio_engine_t *engine, struct uring *uring);
void aur_registered_finish(auraio_engine_t *engine);        /* ends drains whose users are gone */
void aur_registered_finish_locked(auraio_engine_t *engine); /* setup lock held */
void aur_registered_forget_file(struct fixed_file *file);   /* a reference less, likewise */
void aur_registered_forget(auraio_engine_t *engine); /* in a forked child: the memory alone */
void aur_registered_free(auraio_engine_t *engine);

#endif

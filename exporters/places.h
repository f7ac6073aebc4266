/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories in which segments may lie, each of one user. What a user owns is opened
 * without leaving the file system it is on: another one may be the user's own, by FUSE, and
 * never answer.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * parent; or parent/name; or, with runtime, parent/name/auraio. parent is the administrator's or
 * our own, and outlives the place.
 */
struct place {
    const char *parent;
    char name[12];
    bool runtime;
    bool anybodys; /* whoever owns it; else the user with the id that is its name */
};

/* Open for reading, with its owner; or -1, and ELOOP, ENOTDIR, EPERM or EXDEV when it is not as it
 * should be. */
int place_open(const struct place *place, uid_t *owner);

/* A file of a user's directory; -1 and EXDEV: something is mounted there. */
int place_open_file(int directory, const char *name, int flags);

int places_by_id(const void *a, const void *b); /* for qsort of uid_t */

struct places {
    struct place *list;
    size_t count, room;
    size_t left_out;  /* users' directories beyond what is looked at */
    size_t misplaced; /* what has a user's number, but is no directory of his */
    bool exhausted;   /* something was not looked at for want of descriptors or memory */
};

/* No descriptor or no memory: of the machine, the process or its share. */
bool places_is_exhausted(int error);

/*
 * All of the host, or those below the named directories. known: ids in rising order of users that
 * come first. False: no memory.
 */
bool places_find(struct places *places, char *const *named, size_t named_count, const uid_t *known,
                 size_t known_count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan in steps: gather.c lists by user what may be a segment and selects what is to be read;
 * reader.c reads it; names.c gives the names under which engines are told. No descriptor is kept
 * from one step to the next, as there may be more users than descriptors.
 */
#ifndef SCAN_H
#define SCAN_H

#include "known.h"
#include "places.h"
#include "reader.h"

#include <sys/stat.h>

#define NAME_MAX_BYTES 64 /* no segment has a longer one */

struct found {
    struct reader_engine engine;
    void *bytes;
    struct statx_timestamp born;
    struct known known;
};

/* A file that is one, going by all but its contents. */
struct candidate {
    char name[NAME_MAX_BYTES];
    const struct place *place;
    struct known known;
    uint64_t size;
    bool alive, selected;
    bool settled; /* it will be noted with its name, or is gone */
    struct found *found;
};

struct user {
    uid_t uid;
    size_t names, told;
    struct candidate *list; /* once gathered: the living first, then by age */
    size_t count;
    uint64_t used; /* of what is given out in turns */
    bool is_told;  /* with one segment at least */
};

struct reader {
    char **directories;
    size_t directory_count;
    struct found **found;
    size_t count;
    struct places places;
    struct memory memory;
    struct user *users;
    size_t user_count, user_room;
    uid_t *known_users; /* who had segments at the last scan, in order */
    size_t known_user_count;
    uint64_t bytes_left, weight_left; /* of what is given out in turns */
    uint64_t errors[READER_ERRORS];
    reader_weight *weight;
    uint64_t weight_user_max, weight_all_max;
    bool remove;
    bool exhausted; /* something was not seen for want of descriptors or memory */
};

/* What of a file is looked at; READER_OK or why it is none of this owner. */
enum reader_error scan_stat(int fd, uid_t owner, struct statx *st);
struct known scan_identity(const struct statx *st);
bool scan_was_told(const struct reader *reader, const struct known *file);

/* Why something could not be looked at, by errno. */
void scan_failed(struct reader *reader, int error);

void scan_free_found(struct found *found);

/* Fills users with candidates, and selects. False: no memory. */
bool scan_gather(struct reader *reader);
void scan_forget_users(struct reader *reader);

/* For each user's candidate number 0, then for each one's number 1, and so on. */
void scan_in_turns(struct reader *reader,
                   void (*judge)(struct reader *, struct user *, struct candidate *));

/* Puts the engines found in order, with numbers behind names that are there twice. */
void scan_name(struct reader *reader);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files are read. All limits are a user's own, and what is limited for all is given
 * out in turns: who has less than his share gets what he has. The living come before the dead.
 */
#include "scan.h"

#include "segment.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES_MAX 16384 /* of one directory */
#define STALE_S 60        /* age of a file that was never finished */

enum reader_error scan_stat(int fd, uid_t owner, struct statx *st)
{
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, st) != 0 ||
        !S_ISREG(st->stx_mode) || st->stx_nlink > 1 || st->stx_uid != owner)
        return READER_FILE;
    if (st->stx_size < sizeof(struct segment_header) || st->stx_size > SEGMENT_BYTES_MAX)
        return READER_SIZE;
    return READER_OK;
}

struct known scan_identity(const struct statx *st)
{
    return (struct known){
        .device = (dev_t)st->stx_dev_major << 32 | st->stx_dev_minor,
        .inode = (ino_t)st->stx_ino,
        .changed = {.tv_sec = (time_t)st->stx_ctime.tv_sec, .tv_nsec = st->stx_ctime.tv_nsec}};
}

bool scan_was_told(const struct reader *reader, const struct known *file)
{
    const struct known *last = memory_find(&reader->memory, file->device, file->inode);

    return last && last->told && last->changed.tv_sec == file->changed.tv_sec &&
           last->changed.tv_nsec == file->changed.tv_nsec;
}

void scan_failed(struct reader *reader, int error)
{
    if (!places_is_exhausted(error))
        return;
    reader->exhausted = true;
    reader->remove = false; /* who is told in vain is told again */
}

static struct user *user_of(struct reader *reader, uid_t uid)
{
    for (size_t i = reader->user_count; i > 0; i--)
        if (reader->users[i - 1].uid == uid)
            return &reader->users[i - 1];
    if (reader->user_count == reader->user_room) {
        size_t room = reader->user_room ? 2 * reader->user_room : 16;
        struct user *more = realloc(reader->users, room * sizeof *more);
        if (!more)
            return NULL;
        reader->users = more;
        reader->user_room = room;
    }
    struct user *user = &reader->users[reader->user_count++];
    *user = (struct user){.uid = uid};
    return user;
}

/* The dead make room for the living. */
static enum reader_error list(struct reader *reader, struct user *user,
                              const struct candidate *candidate)
{
    struct candidate *to = NULL;

    for (size_t i = 0; i < user->count; i++)
        if (user->list[i].known.device == candidate->known.device &&
            user->list[i].known.inode == candidate->known.inode)
            return READER_OK; /* the same directory by another name */
    if (!user->list && !(user->list = malloc(READER_USER_MAX * sizeof *user->list))) {
        scan_failed(reader, ENOMEM);
        return READER_LIMIT;
    }
    if (user->count < READER_USER_MAX) {
        user->list[user->count++] = *candidate;
        return READER_OK;
    }
    for (size_t i = 0; candidate->alive && i < user->count && !to; i++)
        if (!user->list[i].alive)
            to = &user->list[i];
    if (to)
        *to = *candidate;
    return READER_LIMIT; /* for one of the two */
}

/* It is not told again; bad ones, once counted, are not counted again. */
static enum reader_error keep_told(struct reader *reader, struct user *user, struct known *file)
{
    if (++user->told > READER_USER_TOLD_MAX)
        return READER_LIMIT;
    file->told = true;
    memory_note(&reader->memory, file);
    return READER_OK;
}

static enum reader_error look_at(struct reader *reader, struct user *user, struct candidate *it,
                                 int directory)
{
    int fd = place_open_file(directory, it->name, O_RDONLY | O_NONBLOCK);
    struct statx st;

    if (fd < 0) {
        scan_failed(reader, errno);
        return errno == ENOENT ? READER_OK : errno == EXDEV ? READER_FILE : READER_OPEN;
    }
    enum reader_error error = scan_stat(fd, user->uid, &st);
    it->known = scan_identity(&st);
    it->size = st.stx_size;
    it->alive = error != READER_FILE && flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd); /* with the lock */
    if (error == READER_FILE)
        return error;
    bool told = !it->alive && scan_was_told(reader, &it->known);
    if (!it->alive && reader->remove && (told || error) && unlinkat(directory, it->name, 0) == 0)
        return told ? READER_OK : error;
    if (told)
        return keep_told(reader, user, &it->known);
    if (error) {
        if (!it->alive)
            keep_told(reader, user, &it->known);
        return error;
    }
    return list(reader, user, it);
}

/* Left by a process that died while it made it. */
static void remove_stale(const struct reader *reader, int directory, const char *name)
{
    struct stat st;
    int fd = reader->remove ? place_open_file(directory, name, O_PATH) : -1;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && time(NULL) - st.st_ctime > STALE_S)
        unlinkat(directory, name, 0);
    close(fd);
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *with)
{
    size_t n = strlen(name), w = strlen(with);

    return n >= w && strcmp(name + n - w, with) == 0;
}

static enum reader_error gather_file(struct reader *reader, struct user *user,
                                     const struct place *place, int directory, const char *name)
{
    bool unfinished = begins(name, ".v1.");
    struct candidate it = {.place = place};

    if ((!unfinished && (name[0] != 'v' || !isdigit((unsigned char)name[1]))) ||
        !ends(name, ".stats"))
        return READER_OK;
    if (++user->names > READER_USER_NAMES_MAX)
        return READER_LIMIT;
    if (unfinished) {
        remove_stale(reader, directory, name);
        return READER_OK;
    }
    if (!begins(name, "v1."))
        return READER_VERSION;
    if (strlen(name) >= sizeof it.name)
        return READER_FILE;
    memcpy(it.name, name, strlen(name) + 1);
    return look_at(reader, user, &it, directory);
}

static bool gather_place(struct reader *reader, const struct place *place)
{
    uid_t owner;
    int fd = place_open(place, &owner);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        bool odd =
            fd < 0 && (errno == ELOOP || errno == ENOTDIR || errno == EPERM || errno == EXDEV);
        reader->errors[READER_PLACE] += odd;
        scan_failed(reader, errno);
        if (fd >= 0)
            close(fd);
        return true;
    }
    struct user *user = user_of(reader, owner);
    for (int i = 0; user && i < ENTRIES_MAX && (entry = readdir(dir)); i++)
        reader->errors[gather_file(reader, user, place, dirfd(dir), entry->d_name)]++;
    closedir(dir);
    return user != NULL;
}

static int by_age(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->alive != y->alive)
        return x->alive ? -1 : 1;
    return x->known.inode < y->known.inode ? -1 : x->known.inode > y->known.inode;
}

void scan_in_turns(struct reader *reader,
                   void (*judge)(struct reader *, struct user *, struct candidate *))
{
    bool more = true;

    for (size_t i = 0; i < reader->user_count; i++)
        reader->users[i].used = 0;
    for (size_t turn = 0; more; turn++) {
        more = false;
        for (size_t i = 0; i < reader->user_count; i++) {
            struct user *user = &reader->users[i];
            if (turn >= user->count)
                continue;
            more = true;
            judge(reader, user, &user->list[turn]);
        }
    }
}

static void select_one(struct reader *reader, struct user *user, struct candidate *it)
{
    if (reader->count >= READER_ALL_MAX || it->size > reader->bytes_left ||
        user->used + it->size > READER_USER_BYTES_MAX) {
        reader->errors[READER_LIMIT]++;
        return;
    }
    it->selected = true;
    reader->count++;
    reader->bytes_left -= it->size;
    user->used += it->size;
}

bool scan_gather(struct reader *reader)
{
    if (!places_find(&reader->places, reader->directories, reader->directory_count,
                     reader->known_users, reader->known_user_count))
        return false;
    scan_failed(reader, reader->places.exhausted ? EMFILE : 0);
    reader->errors[READER_LIMIT] += reader->places.left_out;
    reader->errors[READER_PLACE] += reader->places.misplaced;
    for (size_t i = 0; i < reader->places.count; i++)
        if (!gather_place(reader, &reader->places.list[i]))
            return false;
    for (size_t i = 0; i < reader->user_count; i++)
        if (reader->users[i].count)
            qsort(reader->users[i].list, reader->users[i].count, sizeof *reader->users[i].list,
                  by_age);
    reader->count = 0;
    reader->bytes_left = READER_BYTES_MAX;
    scan_in_turns(reader, select_one);
    reader->count = 0;
    return true;
}

void scan_forget_users(struct reader *reader)
{
    for (size_t i = 0; i < reader->user_count; i++) {
        for (size_t c = 0; c < reader->users[i].count; c++)
            scan_free_found(reader->users[i].list[c].found);
        free(reader->users[i].list);
    }
    reader->user_count = 0;
}

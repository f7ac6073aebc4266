/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads segments with pread into memory of our own: a file that is cut short under a
 * mapping would kill us. What is read, and in which order, others decide: see scan.h.
 */
#include "reader.h"

#include "scan.h"
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TRIES 4     /* to find a segment settled */
#define SILENT_S 60 /* without a heartbeat, until the process is looked for */

struct reader *reader_new(void)
{
    return calloc(1, sizeof(struct reader));
}

void scan_free_found(struct found *found)
{
    if (found)
        free(found->bytes);
    free(found);
}

static void forget_found(struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        scan_free_found(reader->found[i]);
    reader->count = 0;
}

void reader_free(struct reader *reader)
{
    if (!reader)
        return;
    forget_found(reader);
    scan_forget_users(reader);
    for (size_t i = 0; i < reader->directory_count; i++)
        free(reader->directories[i]);
    free(reader->directories);
    free(reader->found);
    free(reader->users);
    free(reader->known_users);
    free(reader->places.list);
    memory_free(&reader->memory);
    free(reader);
}

bool reader_add_directory(struct reader *reader, const char *path)
{
    size_t n = reader->directory_count;
    char **more = realloc(reader->directories, (n + 1) * sizeof *more);

    if (!more)
        return false;
    reader->directories = more;
    more[n] = strdup(path);
    reader->directory_count += more[n] != NULL;
    return more[n] != NULL;
}

void reader_weigh(struct reader *reader, reader_weight *weight, uint64_t user_max, uint64_t all_max)
{
    reader->weight = weight;
    reader->weight_user_max = user_max;
    reader->weight_all_max = all_max;
}

bool reader_is_exhausted(const struct reader *reader)
{
    return reader->exhausted;
}

size_t reader_count(const struct reader *reader)
{
    return reader->count;
}

const struct reader_engine *reader_get(const struct reader *reader, size_t i)
{
    return i < reader->count ? &reader->found[i]->engine : NULL;
}

uint64_t reader_errors(const struct reader *reader, int error)
{
    return error > READER_OK && error < READER_ERRORS ? reader->errors[error] : 0;
}

static bool read_whole(int fd, void *bytes, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n = pread(fd, (char *)bytes + got, size - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/*
 * Nobody writes what a dead one left: then what there is counts, torn or not. One copy tells
 * nothing about the time in which it was made, so a second one follows; and a ring that is just
 * being made may look as if another had its number.
 */
static enum reader_error read_settled(int fd, struct found *found, size_t size, bool alive)
{
    enum reader_error error = READER_TORN;
    void *again = malloc(size);

    if (!again)
        return READER_LIMIT;
    for (int i = 0; i < TRIES && (error == READER_TORN || (alive && error == READER_LAYOUT)); i++) {
        if (!read_whole(fd, found->bytes, size) || !read_whole(fd, again, size))
            error = READER_SIZE;
        else
            error = reader_parse(found->bytes, size, &found->engine);
        if (error == READER_OK && alive && !reader_is_settled(&found->engine, again))
            error = READER_TORN;
    }
    free(again);
    return error == READER_TORN && !alive ? READER_OK : error;
}

/*
 * The lock says that somebody lives who has the file open: that may be a child that was forked in
 * the instant in which the file was made. Where there is no heartbeat, the process is looked for.
 * In another namespace its number says nothing; that there is one of that number says nothing
 * either.
 */
static bool is_alive(const struct reader_engine *engine)
{
    struct stat st;
    bool silent = (double)time(NULL) - engine->heartbeat > SILENT_S;

    return !silent || !engine->pid || engine->pid > INT32_MAX || !engine->pid_namespace ||
           stat("/proc/self/ns/pid", &st) != 0 || st.st_ino != engine->pid_namespace ||
           kill((pid_t)engine->pid, 0) == 0 || errno != ESRCH;
}

static enum reader_error read_found(struct reader *reader, int fd, struct candidate *it,
                                    const struct statx *st)
{
    struct found *found = calloc(1, sizeof *found);
    size_t size = (size_t)st->stx_size;

    if (!found) {
        scan_failed(reader, ENOMEM);
        return READER_LIMIT;
    }
    found->bytes = malloc(size);
    enum reader_error error =
        found->bytes ? read_settled(fd, found, size, it->alive) : READER_LIMIT;
    if (error) {
        scan_failed(reader, error == READER_LIMIT ? ENOMEM : 0);
        scan_free_found(found);
        return error;
    }
    it->alive = it->alive && is_alive(&found->engine);
    found->engine.uid = st->stx_uid;
    found->engine.alive = it->alive;
    found->born = st->stx_mask & STATX_BTIME ? st->stx_btime : st->stx_ctime;
    found->known = it->known;
    it->found = found;
    return READER_OK;
}

/* What is gone is told by this. */
static void tell_last(struct reader *reader, struct user *user, struct candidate *it, int directory)
{
    if (reader->remove && unlinkat(directory, it->name, 0) == 0)
        return;
    it->known.told = ++user->told <= READER_USER_TOLD_MAX;
    if (it->found)
        it->found->known.told = it->known.told; /* noted with its name */
    else if (it->known.told)
        memory_note(&reader->memory, &it->known);
}

/* By the time it may be another file, or a dead one. */
static enum reader_error read_file(struct reader *reader, struct user *user, struct candidate *it,
                                   int directory)
{
    int fd = place_open_file(directory, it->name, O_RDONLY | O_NONBLOCK);
    struct statx st;

    if (fd < 0) {
        scan_failed(reader, errno);
        it->settled = errno == ENOENT;
        return it->settled ? READER_OK : READER_OPEN;
    }
    enum reader_error error = scan_stat(fd, user->uid, &st);
    struct known now = scan_identity(&st);
    bool same = now.device == it->known.device && now.inode == it->known.inode;
    it->settled = !same || !st.stx_nlink;
    if (!error && !it->settled) {
        it->known = now;
        it->alive = flock(fd, LOCK_SH | LOCK_NB) != 0;
        error = read_found(reader, fd, it, &st);
        bool told = it->found && !it->alive && scan_was_told(reader, &it->known);
        if (!it->alive)
            tell_last(reader, user, it, directory);
        if (told) {
            memory_note(&reader->memory, &it->known);
            scan_free_found(it->found);
            it->found = NULL;
        }
    }
    close(fd); /* with the lock */
    return error;
}

static void read_user(struct reader *reader, struct user *user)
{
    const struct place *place = NULL;
    uid_t owner;
    int fd = -1;

    for (size_t i = 0; i < user->count; i++) {
        struct candidate *it = &user->list[i];
        if (!it->selected)
            continue;
        if (it->place != place) {
            if (fd >= 0)
                close(fd);
            place = it->place;
            fd = place_open(place, &owner);
            scan_failed(reader, fd < 0 ? errno : 0);
        }
        if (fd >= 0 && owner == user->uid)
            reader->errors[read_file(reader, user, it, fd)]++;
    }
    if (fd >= 0)
        close(fd);
}

static void weigh_one(struct reader *reader, struct user *user, struct candidate *it)
{
    uint64_t weight = it->found && reader->weight ? reader->weight(&it->found->engine) : 0;

    if (!it->found || !reader->found)
        return;
    if (weight > reader->weight_left || (weight && user->used + weight > reader->weight_user_max)) {
        reader->errors[READER_LIMIT]++;
        if (it->found->known.told)
            memory_note(&reader->memory, &it->found->known);
        return;
    }
    reader->weight_left -= weight;
    user->used += weight;
    user->is_told = true;
    it->settled = true;
    reader->found[reader->count++] = it->found;
    it->found = NULL;
}

/* Who is there and is not told this time, for whatever reason, is as he was next time. */
static void note_missed(struct reader *reader)
{
    for (size_t i = 0; i < reader->user_count; i++)
        for (size_t c = 0; c < reader->users[i].count; c++) {
            const struct candidate *it = &reader->users[i].list[c];
            const struct known *last =
                memory_find(&reader->memory, it->known.device, it->known.inode);
            if (last && last->number && !it->settled && !it->known.told)
                memory_note(&reader->memory, last);
        }
}

/* Who has segments comes first next time, however many others there are then. */
static void know_users(struct reader *reader)
{
    size_t known = 0;

    for (size_t i = 0; i < reader->user_count; i++)
        known += reader->users[i].is_told;
    free(reader->known_users);
    reader->known_users = calloc(known + 1, sizeof *reader->known_users);
    reader->known_user_count = 0;
    for (size_t i = 0; reader->known_users && i < reader->user_count; i++)
        if (reader->users[i].is_told)
            reader->known_users[reader->known_user_count++] = reader->users[i].uid;
    if (reader->known_user_count)
        qsort(reader->known_users, reader->known_user_count, sizeof *reader->known_users,
              places_by_id);
}

/* Of users and names what was known stays where a scan saw too little. */
static void end_scan(struct reader *reader)
{
    reader->exhausted |= reader->memory.full;
    if (!reader->exhausted) {
        know_users(reader);
        memory_turn(&reader->memory);
    } else {
        memory_stay(&reader->memory);
    }
    scan_forget_users(reader);
}

size_t reader_scan(struct reader *reader, bool remove)
{
    size_t selected = 0;

    forget_found(reader);
    reader->remove = remove;
    reader->exhausted = false;
    if (!scan_gather(reader)) /* then of what there is */
        scan_failed(reader, ENOMEM);
    for (size_t i = 0; i < reader->user_count; i++)
        read_user(reader, &reader->users[i]);
    for (size_t i = 0; i < reader->user_count; i++)
        for (size_t c = 0; c < reader->users[i].count; c++)
            selected += reader->users[i].list[c].found != NULL;
    free(reader->found);
    reader->found = calloc(selected + 1, sizeof(struct found *));
    if (!reader->found)
        scan_failed(reader, ENOMEM);
    reader->weight_left = reader->weight_all_max;
    scan_in_turns(reader, weigh_one);
    note_missed(reader);
    scan_name(reader);
    end_scan(reader);
    return reader->count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that tell engines apart. Pid and name are what a process says of itself, so several may say
 * the same: engines of one process, processes of several containers, or somebody who wants to be
 * taken for another. Each of them has a number, 1 is not shown. It is settled when the segment is
 * first met, the oldest first; those who come later take what is free.
 */
#include "scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_birth(const struct found *a, const struct found *b)
{
    if (a->born.tv_sec != b->born.tv_sec)
        return a->born.tv_sec < b->born.tv_sec ? -1 : 1;
    if (a->born.tv_nsec != b->born.tv_nsec)
        return a->born.tv_nsec < b->born.tv_nsec ? -1 : 1;
    return a->known.inode < b->known.inode ? -1 : a->known.inode > b->known.inode;
}

/* Who has a number is in front of those who have none yet, by age. */
static int by_name(const void *a, const void *b)
{
    const struct found *const *x = a, *const *y = b;
    const struct reader_engine *e = &(*x)->engine, *f = &(*y)->engine;

    if (e->pid != f->pid)
        return e->pid < f->pid ? -1 : 1;
    int order = strcmp(e->name, f->name);
    if (order)
        return order;
    uint32_t n = (*x)->known.number, m = (*y)->known.number;
    if (n != m)
        return !n ? 1 : !m ? -1 : n < m ? -1 : 1;
    return by_birth(*x, *y);
}

static bool same_name(const struct found *a, const struct found *b)
{
    return a->engine.pid == b->engine.pid && strcmp(a->engine.name, b->engine.name) == 0;
}

static bool is_taken(const struct memory *memory, struct found *const *group, size_t n,
                     uint32_t number)
{
    for (size_t i = 0; i < n; i++)
        if (group[i]->known.number == number)
            return true;
    return memory_has(memory, group[0]->known.pid, group[0]->known.name, number);
}

/* Of one pid and name, in order. */
static void number(const struct memory *memory, struct found **group, size_t n)
{
    uint32_t next = 1;

    for (size_t i = 0; i < n; i++) {
        if (group[i]->known.number)
            continue;
        uint32_t wish = group[i]->engine.instance;
        if (is_taken(memory, group, n, wish)) {
            while (is_taken(memory, group, n, next))
                next++;
            wish = next;
        }
        group[i]->known.number = wish;
    }
}

/* A name that looks as if it had a number gets one, or it would be another's name. */
static bool looks_numbered(const char *name)
{
    const char *mark = strrchr(name, '#');

    return mark && mark[1] && mark[1 + strspn(mark + 1, "0123456789")] == 0;
}

static void show_number(struct found *found)
{
    char *name = found->engine.name;
    size_t used = strlen(name);

    if (found->known.number > 1 || looks_numbered(name))
        snprintf(name + used, sizeof found->engine.name - used, "#%lu",
                 (unsigned long)found->known.number);
}

/* As it was before, if it says of itself what it said before: all of it is compared, as who chooses
 * pid and name can find others of the same hash. */
static void recall(const struct reader *reader, struct found *found)
{
    struct known *known = &found->known;
    const struct known *last = memory_find(&reader->memory, known->device, known->inode);

    known->pid = found->engine.pid;
    memcpy(known->name, found->engine.name, sizeof known->name); /* no number behind it yet */
    if (last && last->pid == known->pid && strcmp(last->name, known->name) == 0)
        known->number = last->number;
}

void scan_name(struct reader *reader)
{
    struct found **found = reader->found;
    size_t n = reader->count;

    if (!n)
        return;
    memory_sort(&reader->memory); /* those that are missed this time */
    for (size_t i = 0; i < n; i++)
        recall(reader, found[i]);
    qsort(found, n, sizeof *found, by_name);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && same_name(found[i], found[end]); end++)
            ;
        number(&reader->memory, found + i, end - i);
    }
    for (size_t i = 0; i < n; i++) {
        memory_note(&reader->memory, &found[i]->known);
        show_number(found[i]);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

#include <stdlib.h>
#include <string.h>

static int by_file(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

const struct known *memory_find(const struct memory *memory, dev_t device, ino_t inode)
{
    const struct known wanted = {.device = device, .inode = inode};

    if (!memory->last_count)
        return NULL;
    return bsearch(&wanted, memory->last, memory->last_count, sizeof wanted, by_file);
}

bool memory_note(struct memory *memory, const struct known *known)
{
    if (memory->now_count == memory->now_room) {
        size_t room = memory->now_room ? 2 * memory->now_room : 64;
        struct known *more = realloc(memory->now, room * sizeof *more);
        if (!more) {
            memory->full = true;
            return false;
        }
        memory->now = more;
        memory->now_room = room;
    }
    memory->now[memory->now_count++] = *known;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    int order = strcmp(x->name, y->name);
    return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

void memory_sort(struct memory *memory)
{
    memory->ordered = memory->now_count;
    if (memory->ordered)
        qsort(memory->now, memory->ordered, sizeof *memory->now, by_number);
}

bool memory_has(const struct memory *memory, uint64_t pid, const char *name, uint32_t number)
{
    struct known wanted = {.pid = pid, .number = number};

    if (!memory->ordered)
        return false;
    memcpy(wanted.name, name, strnlen(name, sizeof wanted.name - 1));
    return bsearch(&wanted, memory->now, memory->ordered, sizeof wanted, by_number) != NULL;
}

void memory_turn(struct memory *memory)
{
    free(memory->last);
    if (memory->now_count)
        qsort(memory->now, memory->now_count, sizeof *memory->now, by_file);
    memory->last = memory->now;
    memory->last_count = memory->now_count;
    memory->now = NULL;
    memory->now_count = memory->now_room = memory->ordered = 0;
    memory->full = false;
}

void memory_stay(struct memory *memory)
{
    memory->now_count = memory->ordered = 0;
    memory->full = false;
}

void memory_free(struct memory *memory)
{
    free(memory->last);
    free(memory->now);
}

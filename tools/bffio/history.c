/* SPDX-License-Identifier: Apache-2.0 */
/* The writes that are to be read back. With a random map no block is written twice in a round:
 * a list in the order of the writes will do. Without one the latest write of a place counts, so
 * they are kept in a tree by place; a new one removes those it overlaps. */
#include "work.h"

#include <search.h>
#include <stdlib.h>

static int by_place(const void *a, const void *b)
{
    const struct piece *one = a, *two = b;

    if (one->file != two->file)
        return one->file < two->file ? -1 : 1;
    if (one->offset + one->len <= two->offset)
        return -1;
    return one->offset >= two->offset + two->len; /* 0: they overlap */
}

/* Goes left all the way; the last piece it was shown is the first one. */
static int leftmost(const void *key, const void *node)
{
    const void **last = *(const void **const *)key;

    *last = node;
    return -1;
}

static void drop(struct history *history, struct piece *piece)
{
    tdelete(piece, &history->tree, by_place);
    history->len--;
    piece->gone = true;
    if (!piece->in_flight)
        free(piece);
}

static struct piece *add_sorted(struct history *history, const struct piece *piece)
{
    struct piece *copy = malloc(sizeof(*copy)), **found;

    if (!copy)
        return NULL;
    *copy = *piece;
    while ((found = tfind(copy, &history->tree, by_place)))
        drop(history, *found);
    if (!tsearch(copy, &history->tree, by_place)) {
        free(copy);
        return NULL;
    }
    history->len++;
    return copy;
}

struct piece *history_add(struct workload *work, const struct io_unit *unit)
{
    struct history *history = &work->history;
    struct history_chunk *tail = history->tail;
    struct piece piece = {.offset = unit->offset,
                          .len = (uint32_t)unit->len,
                          .seed = unit->seed,
                          .number = unit->number,
                          .file = unit->file,
                          .in_flight = true};

    if (history->sorted)
        return add_sorted(history, &piece);
    if (!tail || tail->n == HISTORY_CHUNK) {
        tail = malloc(sizeof(*tail));
        if (!tail)
            return NULL;
        tail->next = NULL;
        tail->first = tail->n = 0;
        if (history->tail)
            history->tail->next = tail;
        else
            history->head = tail;
        history->tail = tail;
    }
    history->len++;
    tail->piece[tail->n] = piece;
    return &tail->piece[tail->n++];
}

struct piece *history_first(struct workload *work)
{
    struct history *history = &work->history;

    if (history->sorted) {
        const void *last = NULL;
        const void **key = &last;

        tfind(&key, &history->tree, leftmost);
        return (struct piece *)(uintptr_t)last;
    }
    if (!history->head || history->head->first == history->head->n)
        return NULL;
    return &history->head->piece[history->head->first];
}

/* The first piece has completed, and nobody needs it any more. */
void history_take_first(struct workload *work)
{
    struct history *history = &work->history;
    struct history_chunk *head = history->head;

    if (history->sorted) {
        drop(history, history_first(work));
        return;
    }
    history->len--;
    if (++head->first < HISTORY_CHUNK)
        return;
    history->head = head->next;
    if (!history->head)
        history->tail = NULL;
    free(head);
}

void history_completed(struct piece *piece, bool good)
{
    bool orphan = piece->gone;

    piece->in_flight = false;
    piece->gone |= !good;
    /* Only the tree lets go of a piece that is in flight. */
    if (orphan)
        free(piece);
}

void history_free(struct history *history)
{
    while (history->head) {
        struct history_chunk *next = history->head->next;

        free(history->head);
        history->head = next;
    }
    tdestroy(history->tree, free);
    *history = (struct history){.sorted = history->sorted};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of rows. Numbers go from the largest down, names and processes up. */
#include "top.h"

#include <string.h>

static const char *const names[SORT_KEYS] = {
    [BY_IOPS] = "iops",   [BY_BYTES] = "bytes", [BY_IN_FLIGHT] = "in-flight",
    [BY_LIMIT] = "limit", [BY_P99] = "p99",     [BY_PID] = "pid",
    [BY_NAME] = "name"};

const char *sort_key_name(int key)
{
    return key >= 0 && key < SORT_KEYS ? names[key] : NULL;
}

int sort_key_of(const char *name)
{
    for (int key = 0; key < SORT_KEYS; key++)
        if (!strcmp(name, names[key]))
            return key;
    return -1;
}

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

static int by_key(const struct row *a, const struct row *b, enum sort_key key)
{
    switch (key) {
    case BY_IOPS:
        return descending(a->iops, b->iops);
    case BY_BYTES:
        return descending(a->read_bytes + a->written_bytes, b->read_bytes + b->written_bytes);
    case BY_IN_FLIGHT:
        return descending((double)a->in_flight, (double)b->in_flight);
    case BY_LIMIT:
        return descending((double)a->limit, (double)b->limit);
    case BY_P99:
        return descending(a->p99_seconds, b->p99_seconds);
    case BY_NAME:
        return strcmp(a->name[0] ? a->name : a->comm, b->name[0] ? b->name : b->comm);
    default:
        return 0;
    }
}

int compare_rows(const struct row *a, const struct row *b, const struct view *view)
{
    int order = by_key(a, b, view->key);

    if (!order)
        order = -descending((double)a->pid, (double)b->pid);
    return view->reversed ? -order : order;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks that submit the next operation can go on for ever: the stack stays where it is. */
#include "outcome.h"

/* A million in all; on workers, where each is a matter of two threads, fewer. */
enum { LINKS = 333333, LINKS_ON_WORKERS = 30000, ROOM_BYTES = 65536, ROWS = 3 };

struct row {
    int left;
};

static auraio_engine_t *engine;
static int called, refused, nested, depth;
static uintptr_t lowest = UINTPTR_MAX, highest;

static void next_link(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct row *row = user_data;
    uintptr_t here = (uintptr_t)&row;

    (void)req;
    (void)result;
    nested += depth++ > 0;
    called++;
    lowest = here < lowest ? here : lowest;
    highest = here > highest ? here : highest;
    if (row->left-- > 0)
        refused += !auraio_nop(engine, next_link, row);
    depth--;
}

int main(void)
{
    struct row rows[ROWS];
    int links = on_threads() ? LINKS_ON_WORKERS : LINKS, all = ROWS * (links + 1);

    engine = test_engine(NULL);
    for (int i = 0; i < ROWS; i++) {
        rows[i].left = links;
        refused += !auraio_nop(engine, next_link, &rows[i]);
    }
    is(auraio_drain(engine, -1), all, "all links of all rows have run");
    is(called, all, "each callback");
    is(refused, 0, "no submission was refused");
    is(nested, 0, "no callback ran inside another");
    ok(highest - lowest < ROOM_BYTES, "the stack is flat (%llu bytes)",
       (unsigned long long)(highest - lowest));
    auraio_destroy(engine);
    return done();
}

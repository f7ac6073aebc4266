/* SPDX-License-Identifier: Apache-2.0 */
/* The log handler gets one message at a time, without a newline, with its level and its own data;
 * another one takes its place at once. */
#include "outcome.h"

struct log {
    int lines, errors, newlines, empty;
    char last[256];
};

static void keep(int level, const char *msg, void *user_data)
{
    struct log *log = user_data;

    log->lines++;
    log->errors += level == AURAIO_LOG_ERR;
    log->newlines += strchr(msg, '\n') != NULL;
    log->empty += msg[0] == '\0';
    snprintf(log->last, sizeof log->last, "%s", msg);
}

/* Something that is logged at ERR. */
static void free_twice(auraio_engine_t *engine)
{
    void *buffer = auraio_buffer_alloc(engine, 4096);

    auraio_buffer_free(engine, buffer);
    auraio_buffer_free(engine, buffer);
}

int main(void)
{
    struct log first = {0}, second = {0};
    static int not_ours;

    auraio_set_log_handler(keep, &first);
    auraio_engine_t *engine = auraio_create();
    int at_creation = first.lines;
    note("%d lines at creation", at_creation);
    free_twice(engine);
    is(first.lines, at_creation + 1, "a second free is logged");
    is(first.errors, 1, "as an error");
    ok(first.last[0], "in words: %s", first.last);
    auraio_buffer_free(engine, &not_ours);
    is(first.errors, 2, "a foreign pointer too");

    auraio_set_log_handler(keep, &second);
    free_twice(engine);
    is(first.errors, 2, "the first handler is told no more");
    is(second.errors, 1, "the second one is");
    auraio_set_log_handler(NULL, NULL);
    free_twice(engine);
    is(first.errors + second.errors, 3, "nobody is told without a handler");
    auraio_set_log_handler(keep, &first);
    free_twice(engine);
    is(first.errors, 3, "the first one again");
    is(first.newlines + second.newlines, 0, "no message ends its line");
    is(first.empty + second.empty, 0, "none is empty");
    auraio_destroy(engine);
    return done();
}

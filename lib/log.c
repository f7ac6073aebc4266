/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one handler for the process, none to begin with. The library never
 * prints by itself. Callers may hold locks of the library, so a handler must not
 * call back.
 *
 * Handler and argument are read together by a sequence number that is odd while
 * they change. Nobody waits for it without end: after a fork the one who was
 * changing them may not exist any more.
 */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>

#define PATIENCE 10000 /* looks at the sequence number before it is taken for stuck */

static _Atomic unsigned sequence;
static _Atomic(auraio_log_fn) handler;
static _Atomic(void *) handler_data;

void auraio_set_log_handler(auraio_log_fn fn, void *user_data)
{
    unsigned even = atomic_load(&sequence) & ~1u;

    for (int i = 0; i < PATIENCE; i++) {
        unsigned expected = even;
        if (atomic_compare_exchange_weak(&sequence, &expected, even + 1))
            break;
        even = expected & ~1u;
    }
    atomic_store(&handler, fn);
    atomic_store(&handler_data, user_data);
    atomic_store(&sequence, even + 2);
}

static auraio_log_fn current(void **user_data)
{
    for (int i = 0; i < PATIENCE; i++) {
        unsigned before = atomic_load(&sequence);
        auraio_log_fn fn = atomic_load(&handler);
        *user_data = atomic_load(&handler_data);
        if (!(before & 1) && atomic_load(&sequence) == before)
            return fn;
    }
    return NULL;
}

void aur_log(int level, const char *format, ...)
{
    char text[512];
    void *user_data;
    va_list ap;

    auraio_log_fn fn = current(&user_data);
    if (!fn)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    fn(level, text, user_data);
}

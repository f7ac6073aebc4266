/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces that the fault tests share: a callback that keeps what it was told, an
 * engine in a fresh simulated kernel, a fixed piece of work whose outcome is known.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "simkern.h"

#include <auraio.h>

struct told {
    int calls;
    ssize_t result;
    int error; /* auraio_request_error() */
};

void tell(auraio_request_t *req, ssize_t result, void *user_data);

/* Options for one ring that does not publish anything. */
void plain_options(auraio_options_t *options);

/* Waits at most 20 virtual seconds; false when the callback has not run by then, or not once. */
bool wait_for(auraio_engine_t *engine, const struct told *told);

enum { ROUNDS = 6, AT_ONCE = 8, PIECE = 3000 };

/*
 * Writes ROUNDS x AT_ONCE pieces, reads them back and compares. What went wrong, in
 * words, or NULL. Waits by the poll fd when by_poll_fd, else by auraio_wait.
 */
const char *write_and_read(auraio_engine_t *engine, int fd, bool by_poll_fd);

#endif

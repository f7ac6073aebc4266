/* SPDX-License-Identifier: Apache-2.0 */
/* An operation that was accepted before update_file keeps the old file, in flight or held back;
 * what is submitted after it gets the new one. */
#include "slow.h"

static auraio_engine_t *engine;

/* Three reads of slot 0, the file changed after each. Limit 1: the second and third are held. */
static void with_limit(int limit)
{
    struct slow slow[3];
    int files[3], before;

    note("limit %d", limit);
    auraio_set_max_in_flight(engine, limit);
    for (int i = 0; i < 3; i++) {
        slow_open(&slow[i]);
        files[i] = slow[i].out;
    }
    is(auraio_register_files(engine, files, 1), 0, "the first pipe is registered");
    before = count_fds();
    for (int i = 0; i < 3; i++) {
        slow[i].req = auraio_read(engine, auraio_fixed_file(0), auraio_buf(&slow[i].byte), 1, 0,
                                  see, &slow[i].seen);
        ok(slow[i].req, "a read of the slot");
        if (i < 2)
            is(auraio_update_file(engine, 0, files[i + 1]), 0, "then it names the next pipe");
    }
    close(files[0]);
    auraio_poll(engine);
    for (int i = 0; i < 3; i++)
        if (write(slow[i].in, &"012"[i], 1) != 1)
            bail("write: %s", strerror(errno));
    ok(auraio_drain(engine, 60000) >= 0, "all complete");
    for (int i = 0; i < 3; i++) {
        is(slow[i].seen.result, 1, "read %d", i);
        is(slow[i].byte, "012"[i], "has the byte of the pipe it was meant for");
    }
    is(count_fds(), before - 1, "the library keeps one file, as before");
    is(auraio_unregister_files(engine), 0, "unregistered");
    for (int i = 0; i < 3; i++) {
        close(slow[i].in);
        if (i)
            close(slow[i].out);
    }
}

int main(void)
{
    auraio_options_t options;
    struct seen seen = {0};

    test_options(&options);
    options.disable_adaptive = true;
    options.ring_count = 1;
    engine = test_engine(&options);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "the ring is there");
    with_limit(0);
    with_limit(1);
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}

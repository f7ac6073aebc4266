/* SPDX-License-Identifier: Apache-2.0 */
/* update_file while threads read through the slot, on several rings: each read gives the bytes of
 * one file or the other, never a mixture, never an error. */
#include "threads.h"

enum { THREADS = 3, UPDATES = 300, BLOCK_BYTES = 4096 };

static auraio_engine_t *engine;
static _Atomic int over, reads[2], wrong;

static void *use(void *arg)
{
    unsigned char buf[BLOCK_BYTES];

    (void)arg;
    while (!atomic_load(&over)) {
        struct seen seen = {0};
        ssize_t n = outcome(
            engine,
            auraio_read(engine, auraio_fixed_file(0), auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
            &seen);
        if (n == BLOCK_BYTES && all_bytes_are(buf, BLOCK_BYTES, 'a'))
            atomic_fetch_add(&reads[0], 1);
        else if (n == BLOCK_BYTES && all_bytes_are(buf, BLOCK_BYTES, 'b'))
            atomic_fetch_add(&reads[1], 1);
        else
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static int file_full_of(const char *name, unsigned char value)
{
    unsigned char buf[BLOCK_BYTES];
    int fd = scratch_file(name, 0, 0);

    memset(buf, value, sizeof buf);
    if (write(fd, buf, sizeof buf) != sizeof buf)
        bail("write: %s", strerror(errno));
    return fd;
}

int main(void)
{
    int files[] = {file_full_of("a", 'a'), file_full_of("b", 'b')}, updated = 0;
    auraio_options_t options;
    pthread_t threads[THREADS];

    test_options(&options);
    options.ring_count = 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    engine = test_engine(&options);
    is(auraio_register_files(engine, files, 1), 0, "a file is registered");
    int fds = count_fds();
    start_threads(threads, THREADS, use, NULL);
    for (int i = 1; i <= UPDATES; i++) {
        int before = atomic_load(&reads[i % 2]);
        updated += auraio_update_file(engine, 0, files[i % 2]) == 0;
        if (i % 9 == 0) /* now the one, now the other */
            reaches(&reads[i % 2], before + THREADS + 1);
    }
    atomic_store(&over, 1);
    join_threads(threads, THREADS);
    is(updated, UPDATES, "updates under load");
    is(atomic_load(&wrong), 0, "no read was wrong");
    ok(reads[0] > 0 && reads[1] > 0, "both files were read (%d, %d)", atomic_load(&reads[0]),
       atomic_load(&reads[1]));
    ok(auraio_drain(engine, 60000) >= 0, "drain");
    ok(count_fds() <= fds + 2 * options.ring_count, "the old files were let go");
    is(auraio_unregister_files(engine), 0, "unregistered");
    auraio_destroy(engine);
    return done();
}

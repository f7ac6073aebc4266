/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel refuses an update of a registered file on one of several rings, and refuses to take
 * the others back: whatever the call says, every ring then reads the same file. */
#include "kern.h"
#include "outcome.h"

enum { RINGS = 3 };

static _Atomic int updates, fails_from;

static int register_unless_failing(int fd, unsigned opcode, const void *arg, unsigned n)
{
    if (opcode == IORING_REGISTER_FILES_UPDATE && atomic_load(&fails_from) &&
        atomic_fetch_add(&updates, 1) + 1 >= atomic_load(&fails_from))
        return -ENOMEM;
    return aur_kern_real.uring_register(fd, opcode, arg, n);
}

/* The first byte of the registered file as each ring reads it, in decimal places. */
static int read_on_all_rings(auraio_engine_t *engine)
{
    struct seen seen = {0};
    unsigned char byte;
    int all = 0;

    for (int i = 0; i < RINGS; i++) {
        byte = 0;
        auraio_request_t *req =
            auraio_read(engine, auraio_fixed_file(0), auraio_buf(&byte), 1, 0, see, &seen);
        if (outcome(engine, req, &seen) != 1)
            return -1;
        all = all * 10 + byte;
    }
    return all;
}

static int file_of(const char *name, unsigned char byte)
{
    int fd = scratch_file(name, 0, 0);

    if (pwrite(fd, &byte, 1, 0) != 1)
        bail("write: %s", strerror(errno));
    return fd;
}

static void fails_from_call(int first)
{
    int one = file_of("one", 1), two = file_of("two", 2);
    auraio_options_t options;

    atomic_store(&updates, 0);
    atomic_store(&fails_from, 0);
    test_options(&options);
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_register_files(engine, &one, 1), 0, "a file is registered");
    is(read_on_all_rings(engine), 111, "every ring reads it");
    atomic_store(&fails_from, first);
    int updated = auraio_update_file(engine, 0, two);
    is(read_on_all_rings(engine), updated == 0 ? 222 : 111,
       "calls from %d on are refused, the update says %d: so every ring reads", first, updated);
    atomic_store(&fails_from, 0);
    is(auraio_update_file(engine, 0, two), 0, "an update that is not refused");
    is(read_on_all_rings(engine), 222, "every ring reads the other file");
    auraio_destroy(engine);
    close(one);
    close(two);
}

int main(void)
{
    aur_kern.uring_register = register_unless_failing;
    for (int first = 1; first <= RINGS; first++)
        fails_from_call(first);
    return done();
}

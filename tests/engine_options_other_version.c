/* SPDX-License-Identifier: Apache-2.0 */
/* A caller of another version. Of an older one's options nothing is overwritten that is not theirs,
 * and it is served what both know; a newer one is refused if it asks for something that this
 * library has never heard of. What the library fills for either is of a size that never changes. */
#include "outcome.h"

struct newer {
    auraio_options_t known;
    unsigned char more[64];
};

/* What every caller of this soname has: no library may write more. lib/abi.c holds the size of
 * machines of 32 bits, which differs. */
static const size_t first_size = sizeof(void *) == 8 ? 176 : sizeof(auraio_options_t);

static int create_errno(const auraio_options_t *options)
{
    errno = 0;
    auraio_engine_t *engine = auraio_create_with_options(options);
    int error = engine ? 0 : errno;
    auraio_destroy(engine);
    return error;
}

static void older(void)
{
    auraio_options_t o;

    test_options(&o);
    o.struct_size = offsetof(auraio_options_t, batch_threshold);
    o.single_thread = false;
    o.ring_count = 3;
    o.batch_threshold = -99;
    o.backend = (auraio_backend_t)99;
    o.publish_stats = 99;
    auraio_engine_t *engine = auraio_create_with_options(&o);
    if (!ok(engine, "fields beyond the older structure are not looked at (errno %d)", errno))
        return;
    is(auraio_get_ring_count(engine), 3, "those in it are");
    auraio_destroy(engine);
    o.queue_depth = 0;
    is(create_errno(&o), EINVAL, "and they are checked");
    auraio_options_init(&o);
    o.struct_size = offsetof(auraio_options_t, name);
    memset(o.name, 'x', sizeof o.name);
    is(create_errno(&o), 0, "a name that the older caller does not have");
}

static void init_stays_within(void)
{
    struct newer n;

    memset(&n, 0xa5, sizeof n);
    auraio_options_init(&n.known);
    is(n.known.struct_size, first_size, "the size that every caller has");
    ok(all_bytes_are(n.more, sizeof n.more, 0xa5), "nothing is written beyond it");
}

/* A newer caller's options lie in what is reserved here. */
static void reserved(void)
{
    auraio_options_t o;
    int taken = 0;

    auraio_options_init(&o);
    is(create_errno(&o), 0, "nothing in what is reserved");
    for (size_t i = 0; i < sizeof o.reserved; i++) {
        ((unsigned char *)o.reserved)[i] = 1;
        taken += create_errno(&o) != EINVAL;
        ((unsigned char *)o.reserved)[i] = 0;
    }
    is(taken, 0, "any byte of it set is refused");
    o.struct_size = offsetof(auraio_options_t, reserved);
    memset(o.reserved, 1, sizeof o.reserved);
    is(create_errno(&o), 0, "unless the caller does not have it");
}

/* FILLS(type, call): what the call fills ends where type does */
#define FILLS(type, call)                                                                          \
    do {                                                                                           \
        struct {                                                                                   \
            type out;                                                                              \
            unsigned char more[64];                                                                \
        } given;                                                                                   \
        memset(&given, 0xa5, sizeof given);                                                        \
        ok((call) == 0 && all_bytes_are(given.more, sizeof given.more, 0xa5),                      \
           "%s stays within its structure", #call);                                                \
    } while (0)

static void filled(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen = {0};
    char byte;
    int fd = scratch_file("data", 1, 0);

    is(outcome(engine, auraio_read(engine, fd, auraio_buf(&byte), 1, 0, see, &seen), &seen), 1,
       "a byte is read, so that there is a target");
    FILLS(auraio_stats_t, auraio_get_stats(engine, &given.out));
    FILLS(auraio_ring_stats_t, auraio_get_ring_stats(engine, 0, &given.out));
    FILLS(auraio_target_stats_t, auraio_get_target_stats(engine, 0, &given.out));
    FILLS(auraio_histogram_t, auraio_get_histogram(engine, 0, &given.out));
    FILLS(auraio_buffer_stats_t, auraio_get_buffer_stats(engine, &given.out));
    FILLS(auraio_features_t, auraio_get_features(engine, &given.out));
    FILLS(auraio_features_t, auraio_probe(&given.out));
    auraio_destroy(engine);
    close(fd);
}

static void newer(void)
{
    struct newer n;

    memset(&n, 0, sizeof n);
    auraio_options_init(&n.known);
    n.known.struct_size = sizeof n;
    is(create_errno(&n.known), 0, "a longer structure with nothing in its tail");
    for (size_t i = 0; i < sizeof n.more; i += sizeof n.more - 1) {
        n.more[i] = 1;
        is(create_errno(&n.known), EINVAL, "byte %zu of the tail is set", i);
        n.more[i] = 0;
    }
    is(create_errno(&n.known), 0, "and cleared again");
    n.known.struct_size = SIZE_MAX;
    is(create_errno(&n.known), EINVAL, "a size that cannot be");
}

int main(void)
{
    init_stays_within();
    older();
    reserved();
    newer();
    filled();
    return done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Options from a caller of another version: an older one is served what both know, a newer one
 * is refused if it asks for something that this library has never heard of. */
#include "outcome.h"

struct newer {
    auraio_options_t known;
    unsigned char more[64];
};

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
    older();
    newer();
    return done();
}

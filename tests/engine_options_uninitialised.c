/* SPDX-License-Identifier: Apache-2.0 */
/* Options that were not initialised are refused, whatever is in them. */
#include "outcome.h"

static void refused(const auraio_options_t *options, const char *what)
{
    errno = 0;
    auraio_engine_t *engine = auraio_create_with_options(options);
    int error = errno;
    ok(!engine, "%s: no engine", what);
    is(error, EINVAL, "%s: EINVAL", what);
    auraio_destroy(engine);
}

int main(void)
{
    static const auraio_options_t only_depth = {.queue_depth = 64, .buffer_alignment = 4096};
    auraio_options_t o;

    int fds = count_fds();
    memset(&o, 0, sizeof o);
    refused(&o, "all zero");
    memset(&o, 0xff, sizeof o);
    refused(&o, "all ones");
    memset(&o, 0x5a, sizeof o);
    refused(&o, "filled with rubbish");
    refused(&only_depth, "fields set, struct_size forgotten");
    auraio_options_init(&o);
    o.struct_size = 0;
    refused(&o, "struct_size 0");
    o.struct_size = sizeof o.struct_size;
    refused(&o, "nothing but struct_size");
    is(count_fds(), fds, "no descriptor is left behind");
    return done();
}

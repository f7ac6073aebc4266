/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the library and that of the header agree, as number and as text. */
#include "outcome.h"

int main(void)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", AURAIO_VERSION_MAJOR, AURAIO_VERSION_MINOR,
             AURAIO_VERSION_PATCH);
    ok(strcmp(AURAIO_VERSION_STRING, text) == 0, "text of the header: %s", AURAIO_VERSION_STRING);
    is(AURAIO_VERSION,
       AURAIO_VERSION_MAJOR * 10000 + AURAIO_VERSION_MINOR * 100 + AURAIO_VERSION_PATCH,
       "number of the header");
    ok(strcmp(auraio_version(), AURAIO_VERSION_STRING) == 0, "text of the library: %s",
       auraio_version());
    is(auraio_version_int(), AURAIO_VERSION, "number of the library");
    return done();
}

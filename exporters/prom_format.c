/* SPDX-License-Identifier: Apache-2.0 */
/* libauraio-prom: the families of one engine of this process. */
#include "families.h"

#include <auraio_prometheus.h>
#include <errno.h>
#include <unistd.h>

#define FLAGS (AURAIO_PROM_OPENMETRICS | AURAIO_PROM_RINGS | AURAIO_PROM_FRAGMENT)

__attribute__((visibility("default"))) ssize_t
auraio_prom_format(const auraio_engine_t *engine, char *buf, size_t cap, unsigned flags)
{
    struct text text = {.buf = buf, .cap = cap ? cap - 1 : 0};
    struct reader_engine parsed;
    struct subject subject;
    size_t size;

    if ((flags & ~(unsigned)FLAGS) || (!buf && cap)) {
        errno = EINVAL;
        return -1;
    }
    const void *segment = auraio_stats_segment((auraio_engine_t *)(uintptr_t)engine, &size);
    if (!segment)
        return -1;
    reader_parse(segment, size, &parsed); /* of this process: torn at the most */
    parsed.uid = geteuid();
    subject_init(&subject, &parsed);
    text.openmetrics = flags & AURAIO_PROM_OPENMETRICS;
    text.rings = flags & AURAIO_PROM_RINGS;
    text_families(&text, &subject, 1);
    if (text.openmetrics && !(flags & AURAIO_PROM_FRAGMENT))
        text_put(&text, "# EOF\n");
    if (cap)
        buf[text.len < cap ? text.len : cap - 1] = 0;
    return (ssize_t)text.len;
}

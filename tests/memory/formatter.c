/* SPDX-License-Identifier: Apache-2.0 */
/* The status is 0 when auraio_prom_format() writes the same without memory as with it. preload.c
 * is there, and what it is ordered stands in this program. */
#include "orders.h"

#include <auraio_prometheus.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TEXT_BYTES (1 << 20)

static struct orders *find_orders(void)
{
    int fd = open(getenv(ORDERS_VARIABLE), O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return map == MAP_FAILED ? NULL : map;
}

int main(void)
{
    static char with[TEXT_BYTES], without[TEXT_BYTES];
    const unsigned flags[] = {0, AURAIO_PROM_RINGS, AURAIO_PROM_OPENMETRICS | AURAIO_PROM_RINGS};
    auraio_engine_t *engine = auraio_create();
    struct orders *orders = find_orders();
    int wrong = 0;

    if (!engine || !orders || !auraio_nop(engine, NULL, NULL) || auraio_drain(engine, -1) < 0)
        return 1;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        ssize_t n = auraio_prom_format(engine, with, sizeof with, flags[i]);
        atomic_store(&orders->calls, 0);
        atomic_store(&orders->ever_after, 1);
        atomic_store(&orders->nth, 1);
        ssize_t m = auraio_prom_format(engine, without, sizeof without, flags[i]);
        atomic_store(&orders->nth, 0);
        wrong |= n <= 0 || n != m || strcmp(with, without) || atomic_load(&orders->calls);
    }
    auraio_destroy(engine);
    return wrong;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which allocations are to fail: a page that preload.c maps in the program, orders.py in the test.
 */
#ifndef ORDERS_H
#define ORDERS_H

#include <stdatomic.h>
#include <stdint.h>

#define ORDERS_VARIABLE "AURAIO_WITHOUT_MEMORY" /* the name of its file */

/* The same five numbers stand in orders.py. */
struct orders {
    _Atomic int64_t nth;        /* the call that fails; 0: none */
    _Atomic int64_t ever_after; /* not 0: all after it do, too */
    _Atomic int64_t calls, failures;
    _Atomic int64_t live; /* blocks that are not freed */
};

#endif

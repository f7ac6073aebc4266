/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a submission must look like: everything that can be said without the
 * kernel, so that an operation accepted has a callback and one refused changes
 * nothing.
 */
#ifndef AUR_CHECK_H
#define AUR_CHECK_H

#include <auraio.h>

/* 0 or EINVAL; *total: the bytes it is to move, 0 when it is no transfer. */
int aur_check_op(const auraio_op_t *op, size_t *total);

#endif

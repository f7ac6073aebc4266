/* SPDX-License-Identifier: Apache-2.0 */
/* Names of devices, as people know them. */
#ifndef AURAIO_TOP_DEVICES_H
#define AURAIO_TOP_DEVICES_H

#include "exporters/reader.h"

void name_device(char *name, size_t size, const struct reader_target *target);

#endif

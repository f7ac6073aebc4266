/* SPDX-License-Identifier: Apache-2.0 */
/* The control file's text, both ways. */
#ifndef SIMDISK_SETTINGS_H
#define SIMDISK_SETTINGS_H

#include "device.h"

#include <stdbool.h>
#include <stddef.h>

/* What a text of lines asks for. */
struct orders {
    struct device_settings settings;
    bool forget; /* the counters */
};

/* Reads lines into orders, which begin as the settings of now; false when one is bad. */
bool settings_read(struct orders *orders, const char *text, size_t len);

/* Settings and counters, a line each; the length, as of snprintf. */
size_t settings_print(const struct device *device, char *text, size_t size);

#endif

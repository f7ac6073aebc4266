/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the web configuration of auraio-prom: taken whole or refused, nothing left behind.
 */
#include "prom/prom.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    char path[64];
    int fd = memfd_create("config", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    memset(&config, 0, sizeof config);
    if (config_read(&config, path)) {
        if (!config.certificate != !config.key || (config.client_ca && !config.certificate))
            abort();
        for (int i = 0; i < config.user_count; i++)
            if (strlen(config.users[i].hash) != 60)
                abort();
    }
    config_free(&config);
    close(fd);
    return 0;
}

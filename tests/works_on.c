/* SPDX-License-Identifier: Apache-2.0 */
/* works_on NAME: an engine of that name that reads a file of its own until somebody ends it. */
#include "support.h"

#include <stdio.h>

#define BLOCK_BYTES 4096
#define BLOCKS 64

int main(int argc, char **argv)
{
    static unsigned char memory[BLOCKS][BLOCK_BYTES];
    auraio_options_t options;

    if (argc != 2) {
        fputs("usage: works_on NAME\n", stderr);
        return 2;
    }
    auraio_options_init(&options);
    snprintf(options.name, sizeof options.name, "%s", argv[1]);
    options.publish_stats = 1;
    int fd = scratch_file("file", BLOCKS * BLOCK_BYTES, 0);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    while (engine) {
        for (int i = 0; i < BLOCKS; i++)
            if (!auraio_read(engine, fd, auraio_buf(memory[i]), BLOCK_BYTES, i * BLOCK_BYTES, NULL,
                             NULL))
                return 1;
        if (auraio_wait_n(engine, BLOCKS, -1) < 0)
            return 1;
    }
    return 1;
}

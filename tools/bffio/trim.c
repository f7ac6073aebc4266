/* SPDX-License-Identifier: Apache-2.0 */
/* Trims, which only block devices take here, as with fio's usual engines. */
#include "work.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

int workload_trim(struct workload *work, struct io_unit *unit)
{
    uint64_t range[2] = {unit->offset, unit->len};

    (void)work;
    if (!unit->file->is_block)
        return -ENOTTY;
    return ioctl(unit->file->fd, BLKDISCARD, range) < 0 ? -errno : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the buffer pool, and what O_DIRECT asks of a buffer. */
#include "engine.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define SAFE_ALIGNMENT 4096
#define BLKSSZGET_REQUEST _IO(0x12, 104) /* logical block size, linux/fs.h */

#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN 0x2000U
#endif

void *auraio_buffer_alloc(auraio_engine_t *engine, size_t size)
{
    int error = engine && size ? 0 : EINVAL;

    if (!error && engine_is_forked(engine))
        error = EOWNERDEAD;
    if (error) {
        errno = error;
        return NULL;
    }
    return aur_bufpool_alloc(engine->pool, size);
}

void auraio_buffer_free(auraio_engine_t *engine, void *buf)
{
    if (!engine || !buf || engine_is_forked(engine))
        return;
    int error = aur_bufpool_free(engine->pool, buf);
    if (error == -EALREADY)
        aur_log(AURAIO_LOG_ERR, "buffer %p was freed already", buf);
    else if (error)
        aur_log(AURAIO_LOG_ERR, "buffer %p is not of this engine's pool", buf);
}

size_t auraio_buffer_size(auraio_engine_t *engine, const void *buf)
{
    return engine && buf && !engine_is_forked(engine) ? aur_bufpool_size(engine->pool, buf) : 0;
}

int auraio_get_buffer_stats(auraio_engine_t *engine, auraio_buffer_stats_t *stats)
{
    if (stats)
        memset(stats, 0, sizeof *stats);
    if (!engine || !stats)
        return aur_fail(EINVAL);
    if (engine_is_forked(engine))
        return aur_fail(EOWNERDEAD);
    aur_bufpool_stats(engine->pool, stats);
    return 0;
}

int auraio_file_alignment(int fd, size_t *mem, size_t *offset)
{
    struct statx st;
    int block = 0;

    if (fd < 0 || !mem || !offset)
        return aur_fail(fd < 0 ? EBADF : EINVAL);
    memset(&st, 0, sizeof st);
    int error = aur_kern.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_DIOALIGN, &st);
    if (error)
        return aur_fail(-error);
    *mem = *offset = SAFE_ALIGNMENT;
#ifdef HAVE_STRUCT_STATX_STX_DIO_MEM_ALIGN
    if (st.stx_mask & STATX_DIOALIGN && st.stx_dio_mem_align && st.stx_dio_offset_align) {
        *mem = st.stx_dio_mem_align;
        *offset = st.stx_dio_offset_align;
        return 0;
    }
#endif
    if (S_ISBLK(st.stx_mode) && ioctl(fd, BLKSSZGET_REQUEST, &block) == 0 && block > 0)
        *mem = *offset = (size_t)block;
    return 0;
}

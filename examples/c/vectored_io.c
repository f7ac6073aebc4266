/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pack a file into framed blocks with writev, then check them with readv.
 *
 *     vectored_io FILE PACKED
 *
 * A frame is a 16-byte header (magic, length, sum) and up to 64 KiB of the file.
 * The header and the data lie apart in memory: one writev gathers both, one
 * readv scatters a frame back, and nothing is copied to bring them together. The
 * iovec array, like the buffers, stays where it is until the callback has run.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, FRAMES = 16, MAGIC = 0x4d415246 };

struct header {
    uint32_t magic;
    uint32_t len;
    uint64_t sum;
};

struct packer {
    auraio_engine_t *engine;
    const char *from, *to;
    int in, out;
    int64_t size;
    int64_t next; /* number of the next block */
    int64_t packed, checked;
    int error;
    const char *error_path;
};

struct frame {
    struct packer *packer;
    int64_t number;
    struct header header;
    unsigned char *data;
    struct iovec iov[2];
};

static void pack_next(struct frame *frame);
static void check_next(struct frame *frame);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "vectored_io: %s: %s\n", what, strerror(error));
    exit(1);
}

static void fail(struct packer *p, const char *path, int error)
{
    if (!p->error) {
        p->error = error;
        p->error_path = path;
    }
}

static uint64_t sum_of(const unsigned char *data, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = sum * 31 + data[i];
    return sum;
}

/* All frames but the last are full, so every frame's place is known beforehand. */
static size_t block_len(const struct packer *p, int64_t number)
{
    int64_t left = p->size - number * BLOCK;

    return left < BLOCK ? (size_t)left : (size_t)BLOCK;
}

static int64_t frame_offset(int64_t number)
{
    return number * (int64_t)(BLOCK + sizeof(struct header));
}

static void set_iov(struct frame *f, size_t len)
{
    f->iov[0] = (struct iovec){&f->header, sizeof f->header};
    f->iov[1] = (struct iovec){f->data, len};
}

static void on_writev(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct frame *f = user_data;
    struct packer *p = f->packer;

    if (result < 0) {
        fail(p, p->to, (int)-result);
    } else if ((size_t)result < sizeof f->header + f->header.len) {
        int error = auraio_request_error(req);
        fail(p, p->to, error ? error : EIO);
    } else {
        p->packed += f->header.len;
        pack_next(f);
    }
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct frame *f = user_data;
    struct packer *p = f->packer;

    (void)req;
    if (result < 0 || (size_t)result != block_len(p, f->number)) {
        fail(p, p->from, result < 0 ? (int)-result : EIO);
        return;
    }
    f->header = (struct header){MAGIC, (uint32_t)result, sum_of(f->data, (size_t)result)};
    set_iov(f, (size_t)result);
    if (!auraio_writev(p->engine, p->out, f->iov, 2, frame_offset(f->number), on_writev, f))
        fail(p, p->to, errno);
}

static void pack_next(struct frame *f)
{
    struct packer *p = f->packer;

    if (p->error || p->next * BLOCK >= p->size)
        return;
    f->number = p->next++;
    if (!auraio_read(p->engine, p->in, auraio_buf(f->data), block_len(p, f->number),
                     f->number * BLOCK, on_read, f))
        fail(p, p->from, errno);
}

static void on_readv(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct frame *f = user_data;
    struct packer *p = f->packer;
    size_t len = block_len(p, f->number);

    (void)req;
    if (result < 0)
        fail(p, p->to, (int)-result);
    else if ((size_t)result != sizeof f->header + len || f->header.magic != MAGIC ||
             f->header.len != len || f->header.sum != sum_of(f->data, len))
        fail(p, p->to, EBADMSG);
    if (p->error)
        return;
    p->checked += f->header.len;
    check_next(f);
}

static void check_next(struct frame *f)
{
    struct packer *p = f->packer;

    if (p->error || p->next * BLOCK >= p->size)
        return;
    f->number = p->next++;
    set_iov(f, block_len(p, f->number));
    if (!auraio_readv(p->engine, p->out, f->iov, 2, frame_offset(f->number), on_readv, f))
        fail(p, p->to, errno);
}

static void run(struct packer *p, struct frame *frames, void (*next)(struct frame *))
{
    p->next = 0;
    for (int i = 0; i < FRAMES; i++)
        next(&frames[i]);
    if (auraio_drain(p->engine, -1) < 0)
        die("auraio_drain", errno);
    if (p->error)
        die(p->error_path, p->error);
}

int main(int argc, char **argv)
{
    struct packer p = {0};
    static struct frame frames[FRAMES];
    struct stat st;

    if (argc != 3) {
        fprintf(stderr, "usage: vectored_io FILE PACKED\n");
        return 2;
    }
    p.from = argv[1];
    p.to = argv[2];
    if (stat(p.from, &st) < 0)
        die(p.from, errno);
    if (!S_ISREG(st.st_mode))
        die(p.from, S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    p.size = st.st_size;
    p.in = open(p.from, O_RDONLY | O_CLOEXEC);
    if (p.in < 0)
        die(p.from, errno);
    p.out = open(p.to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (p.out < 0)
        die(p.to, errno);
    p.engine = auraio_create();
    if (!p.engine)
        die("auraio_create", errno);
    for (int i = 0; i < FRAMES; i++) {
        frames[i].packer = &p;
        frames[i].data = auraio_buffer_alloc(p.engine, BLOCK);
        if (!frames[i].data)
            die("auraio_buffer_alloc", errno);
    }

    run(&p, frames, pack_next);
    run(&p, frames, check_next);
    printf("%s: %" PRId64 " frames, %" PRId64 " bytes packed, %" PRId64 " checked\n", p.to, p.next,
           p.packed, p.checked);

    for (int i = 0; i < FRAMES; i++)
        auraio_buffer_free(p.engine, frames[i].data);
    auraio_destroy(p.engine);
    close(p.in);
    if (close(p.out) < 0)
        die(p.to, errno);
    return 0;
}

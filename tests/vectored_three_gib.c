/* SPDX-License-Identifier: Apache-2.0 */
/* One readv of 3 GiB, more than Linux moves in one call: it ends inside an element, and
 * the library goes on from there. The elements share their memory. */
#include "outcome.h"

#include <sys/mman.h>

enum { ELEMENTS = 1000 };

static const size_t element_bytes = (size_t)3 << 20, kernel_most = 0x7ffff000;

int main(void)
{
    static struct iovec iov[ELEMENTS];
    const size_t total = ELEMENTS * element_bytes, mark = total - 1;
    struct seen seen = {0};
    int fd = memfd_create("sparse", MFD_CLOEXEC); /* whose holes cost no page cache */

    if (sizeof(void *) < 8)
        skip_all("3 GiB need 64 bits");
    if (ftruncate(fd, (off_t)total) != 0)
        skip_all("no sparse file of 3 GiB: %s", strerror(errno));
    is(pwrite(fd, "\xA5", 1, (off_t)mark), 1, "a mark at the end");
    unsigned char *shared = calloc(1, element_bytes), *split = calloc(1, element_bytes);
    for (size_t i = 0; i < ELEMENTS; i++)
        iov[i] = (struct iovec){shared, element_bytes};
    const size_t cut = kernel_most / element_bytes; /* the element that the kernel leaves in part */
    iov[cut].iov_base = split;
    memset(split, 0xEE, element_bytes);
    is(pwrite(fd, "\xB6\xC7", 2, (off_t)kernel_most - 1), 2, "a mark where the kernel stops");

    auraio_engine_t *engine = test_engine(NULL);
    is(outcome(engine, auraio_readv(engine, fd, iov, ELEMENTS, 0, see, &seen), &seen), total,
       "the readv gives all of it");
    is(seen.error, 0, "and no error");
    is(shared[element_bytes - 1], 0xA5, "the last element has the end of the file");
    size_t inside = kernel_most - 1 - cut * element_bytes;
    ok(split[inside] == 0xB6 && split[inside + 1] == 0xC7, "the element in two parts is whole");
    ok(all_bytes_are(split, inside, 0) &&
           all_bytes_are(split + inside + 2, element_bytes - inside - 2, 0),
       "and has nothing that is not the file's");
    auraio_destroy(engine);
    close(fd);
    free(shared);
    free(split);
    return done();
}

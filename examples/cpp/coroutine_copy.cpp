// SPDX-License-Identifier: Apache-2.0
// Copy a file with coroutines: sixteen of them, each copies block after block.
//
//     coroutine_copy SOURCE DESTINATION
//
// It reads like a program without asynchronous I/O. Failure is an exception: when_all ends when all
// have ended and then throws the first, so that no buffer is freed while it is in use.
#include <auraio.hpp>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "coroutine_copy: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 256 * 1024, lanes = 16;

struct Copy {
    const char *from, *to;
    int in = -1, out = -1;
    std::int64_t size = 0;
    std::int64_t next = 0; // offset of the next block to copy
    std::int64_t copied = 0;
    const char *at = nullptr; // the file whose operation failed first
};

static auraio::Task<> copy_blocks(auraio::Engine &engine, Copy &c)
{
    auraio::Buffer buffer = engine.allocate_buffer(block);
    const char *at = c.from;

    try {
        while (!c.at && c.next < c.size) {
            const std::int64_t offset = std::exchange(c.next, c.next + std::int64_t{block});
            at = c.from;
            const ssize_t n = co_await engine.async_read(c.in, buffer, block, offset);
            if (n == 0) // the file became shorter meanwhile
                break;
            at = c.to;
            const auto len = static_cast<std::size_t>(n);
            auto write = engine.async_write(c.out, buffer, len, offset);
            if (co_await write < n) // the library writes on until an error ends it
                throw auraio::Error(write.error() ? write.error() : EIO, c.to);
            c.copied += n;
        }
    } catch (const auraio::Error &) {
        if (!c.at)
            c.at = at;
        throw;
    }
}

static auraio::Task<> copy_file(auraio::Engine &engine, Copy &c)
{
    std::vector<auraio::Task<>> tasks;

    for (std::size_t i = 0; i < lanes; i++)
        tasks.push_back(copy_blocks(engine, c));
    co_await when_all(std::move(tasks));
    co_await engine.async_fsync(c.out);
    co_await engine.async_close(c.out);
}

static void open_both(Copy &c)
{
    struct stat from, to;

    if (stat(c.from, &from) < 0)
        die(c.from, errno);
    if (!S_ISREG(from.st_mode))
        die(c.from, S_ISDIR(from.st_mode) ? EISDIR : ESPIPE);
    c.in = open(c.from, O_RDONLY | O_CLOEXEC);
    if (c.in < 0)
        die(c.from, errno);
    c.size = from.st_size;

    // Emptied only once it is known to be another file.
    c.out = open(c.to, O_WRONLY | O_CREAT | O_CLOEXEC, from.st_mode & 0777);
    if (c.out < 0 || fstat(c.out, &to) < 0)
        die(c.to, errno);
    if (from.st_dev == to.st_dev && from.st_ino == to.st_ino) {
        std::fprintf(stderr, "coroutine_copy: %s: the same file as %s\n", c.to, c.from);
        std::exit(1);
    }
    if (ftruncate(c.out, 0) < 0)
        die(c.to, errno);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: coroutine_copy SOURCE DESTINATION\n");
        return 2;
    }
    Copy c{argv[1], argv[2]};
    open_both(c);
    try {
        auraio::Engine engine;
        sync_wait(engine, copy_file(engine, c));
    } catch (const auraio::Error &error) {
        die(c.at ? c.at : c.to, error.errno_value());
    }
    std::printf("%s -> %s: %" PRId64 " bytes copied and synced\n", c.from, c.to, c.copied);
    close(c.in);
}

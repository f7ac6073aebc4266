// SPDX-License-Identifier: Apache-2.0
// Copy a file: sixteen blocks on their way at once, each read and then written at its own offset,
// the whole made durable at the end.
//
//     file_copy SOURCE DESTINATION
//
// The callback of a read starts the write of the same buffer, the callback of the write starts the
// next read: one buffer is never in two operations. coroutine_copy is the same as coroutines.
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
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "file_copy: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block_len = 256 * 1024, blocks = 16;

struct Copy {
    const char *from, *to;
    int in = -1, out = -1;
    std::int64_t size = 0;
    std::int64_t next = 0; // offset of the next block to copy
    std::int64_t copied = 0;
    int error = 0;
    const char *error_path = nullptr;

    // The first error is the one to report; blocks already on their way still finish.
    void fail(const char *path, int errno_value)
    {
        if (!error) {
            error = errno_value;
            error_path = path;
        }
    }
};

class Block
{
  public:
    Block(auraio::Engine &engine, Copy &copy)
        : engine_(engine), copy_(copy), buffer_(engine.allocate_buffer(block_len))
    {
    }

    // Nothing may leave a callback but by return: a submission that fails is noted like the rest.
    void copy_next() noexcept
    try {
        if (copy_.error || copy_.next >= copy_.size)
            return;
        offset_ = copy_.next;
        copy_.next += block_len;
        (void)engine_.read(copy_.in, buffer_, block_len, offset_,
                           [this](auraio::Request &, ssize_t result) { on_read(result); });
    } catch (const auraio::Error &error) {
        copy_.fail(copy_.from, error.errno_value());
    }

  private:
    void on_read(ssize_t result)
    try {
        if (result < 0)
            copy_.fail(copy_.from, static_cast<int>(-result));
        if (result <= 0) // 0: the file became shorter meanwhile
            return;
        (void)engine_.write(copy_.out, buffer_, static_cast<std::size_t>(result), offset_,
                            [this, len = result](auraio::Request &request, ssize_t written) {
                                on_write(request, len, written);
                            });
    } catch (const auraio::Error &error) {
        copy_.fail(copy_.to, error.errno_value());
    }

    void on_write(auraio::Request &request, ssize_t len, ssize_t written)
    {
        if (written < 0) {
            copy_.fail(copy_.to, static_cast<int>(-written));
        } else if (written < len) {
            // The library writes on until an error ends it: this is the reason.
            copy_.fail(copy_.to, request.error() ? request.error() : EIO);
        } else {
            copy_.copied += written;
            copy_next();
        }
    }

    auraio::Engine &engine_;
    Copy &copy_;
    auraio::Buffer buffer_;
    std::int64_t offset_ = 0;
};

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
        std::fprintf(stderr, "file_copy: %s: the same file as %s\n", c.to, c.from);
        std::exit(1);
    }
    if (ftruncate(c.out, 0) < 0)
        die(c.to, errno);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: file_copy SOURCE DESTINATION\n");
        return 2;
    }
    Copy c{argv[1], argv[2]};
    open_both(c);
    try {
        auraio::Engine engine;
        std::vector<Block> all;

        all.reserve(blocks); // what a callback points to stays where it is
        for (std::size_t i = 0; i < blocks; i++)
            all.emplace_back(engine, c);
        for (Block &block : all)
            block.copy_next();
        engine.drain();
        if (!c.error)
            (void)engine.fsync(c.out, [&c](auraio::Request &, ssize_t result) {
                if (result < 0)
                    c.fail(c.to, static_cast<int>(-result));
            });
        engine.drain();
    } catch (const auraio::Error &error) {
        c.fail(c.to, error.errno_value());
    }
    if (close(c.out) < 0)
        c.fail(c.to, errno);
    if (c.error)
        die(c.error_path, c.error);
    std::printf("%s -> %s: %" PRId64 " bytes copied and synced\n", c.from, c.to, c.copied);
    close(c.in);
}

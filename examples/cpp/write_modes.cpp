// SPDX-License-Identifier: Apache-2.0
// The same data written through the page cache and past it with O_DIRECT.
//
//     write_modes DIRECTORY MIB
//
// Makes buffered.dat and direct.dat in DIRECTORY (neither may exist) and tells when the last write
// had completed and when fdatasync said it is on the disk. A buffered write completes when the data
// is in memory, a direct one when the device took it: compare the last column. O_DIRECT wants
// buffers, offsets and lengths aligned; file_alignment() says how, pool buffers always are.
#include <auraio.hpp>

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "write_modes: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t mib = 1024 * 1024, block = mib, lanes = 16;

struct Writer {
    auraio::Engine &engine;
    int fd;
    std::int64_t size;
    std::int64_t next = 0; // offset of the next block to write
    std::int64_t written = 0;
};

// Every word of the file is told by its offset, so both files come out the same.
static auraio::Task<> write_blocks(Writer &w)
{
    auraio::Buffer buffer = w.engine.allocate_buffer(block);

    while (w.next < w.size) {
        const std::int64_t offset = std::exchange(w.next, w.next + std::int64_t{block});
        std::uint64_t number = static_cast<std::uint64_t>(offset) / sizeof(std::uint64_t);
        for (std::uint64_t &word : buffer.as<std::uint64_t>())
            word = number++ * 0x9e3779b97f4a7c15u;
        auto write = w.engine.async_write(w.fd, buffer, block, offset);
        if (co_await write != ssize_t{block})
            throw auraio::Error(write.error() ? write.error() : EIO, "write");
        w.written += std::int64_t{block};
    }
}

static auraio::Task<> write_all(Writer &w)
{
    std::vector<auraio::Task<>> tasks;

    for (std::size_t i = 0; i < lanes; i++)
        tasks.push_back(write_blocks(w));
    co_await when_all(std::move(tasks));
}

static auraio::Task<> make_durable(Writer &w)
{
    co_await w.engine.async_fdatasync(w.fd);
}

// Fills the open file and prints its row.
static void fill(Writer &w, const char *mode)
{
    using Seconds = std::chrono::duration<double>;
    const auto start = std::chrono::steady_clock::now();

    sync_wait(w.engine, write_all(w));
    const Seconds completed = std::chrono::steady_clock::now() - start;
    sync_wait(w.engine, make_durable(w));
    const Seconds durable = std::chrono::steady_clock::now() - start;
    std::printf("%-9s %12" PRId64 " %9.3f s %9.3f s %8.1f MB/s\n", mode, w.written,
                completed.count(), durable.count(),
                static_cast<double>(w.written) / durable.count() / 1e6);
}

static void run_mode(auraio::Engine &engine, const std::string &directory, const char *mode,
                     int flags, std::int64_t size)
{
    const std::string path = directory + "/" + mode + ".dat";
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0666);

    if (fd < 0 && errno == EINVAL && flags) {
        unlink(path.c_str()); // open(2) makes the file before the file system refuses
        std::printf("%-9s not supported by this file system\n", mode);
        return;
    }
    if (fd < 0)
        die(path.c_str(), errno);
    try {
        if (flags & O_DIRECT) {
            const auraio::Alignment wanted = auraio::file_alignment(fd);
            std::printf("O_DIRECT here wants memory aligned to %zu bytes, offsets and lengths to "
                        "%zu\n",
                        wanted.memory, wanted.offset);
            if (wanted.memory > 4096 || block % wanted.offset != 0)
                die(path.c_str(), EINVAL);
        }
        Writer w{engine, fd, size};
        fill(w, mode);
    } catch (const auraio::Error &error) {
        die(path.c_str(), error.errno_value());
    }
    if (close(fd) < 0)
        die(path.c_str(), errno);
}

int main(int argc, char **argv)
{
    char *end = nullptr;
    const long mibs = argc == 3 ? std::strtol(argv[2], &end, 10) : 0;

    if (argc != 3 || *end || mibs < 1 || mibs > 1024 * 1024) {
        std::fprintf(stderr, "usage: write_modes DIRECTORY MIB\n");
        return 2;
    }
    try {
        auraio::Engine engine;
        const auto size = static_cast<std::int64_t>(mibs) * std::int64_t{mib};

        std::printf("%-9s %12s %11s %11s\n", "mode", "bytes", "completed", "on the disk");
        run_mode(engine, argv[1], "buffered", 0, size);
        run_mode(engine, argv[1], "direct", O_DIRECT, size);
    } catch (const auraio::Error &error) {
        die("engine", error.errno_value());
    }
}

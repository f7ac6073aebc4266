// SPDX-License-Identifier: Apache-2.0
// Pack a file into framed blocks with writev, then check them with readv.
//
//     vectored_io FILE PACKED
//
// A frame is a 16-byte header (magic, length, sum) and up to 64 KiB of the file. The header and the
// data lie apart in memory: one writev gathers both, one readv scatters a frame back, and nothing
// is copied to bring them together. The iovec array, like the buffers, stays where it is meanwhile:
// all of them live in the coroutine.
#include <auraio.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "vectored_io: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 64 * 1024, lanes = 16;
static constexpr std::uint32_t magic = 0x4d415246;

struct Header {
    std::uint32_t magic;
    std::uint32_t len;
    std::uint64_t sum;
};

struct Packer {
    auraio::Engine engine;
    const char *from, *to;
    int in, out;
    std::int64_t size;
    std::int64_t next = 0; // number of the next block
    std::int64_t packed = 0, checked = 0;
    const char *at = nullptr; // the file with which something is wrong
};

static std::uint64_t sum_of(std::span<const unsigned char> data)
{
    std::uint64_t sum = 0;

    for (const unsigned char byte : data)
        sum = sum * 31 + byte;
    return sum;
}

static bool take_block(Packer &p, std::int64_t &number, std::size_t &len)
{
    const std::int64_t begin = p.next * std::int64_t{block};

    if (p.at || begin >= p.size)
        return false;
    number = p.next++;
    len = static_cast<std::size_t>(std::min(p.size - begin, std::int64_t{block}));
    return true;
}

// All frames but the last are full, so every frame's place is known beforehand.
static std::int64_t frame_offset(std::int64_t number)
{
    return number * static_cast<std::int64_t>(block + sizeof(Header));
}

// The first failure is the one to report; what is on its way still finishes.
static auraio::Error failure(Packer &p, const char *path, int error)
{
    if (!p.at)
        p.at = path;
    return auraio::Error(error, path);
}

static auraio::Task<> pack(Packer &p)
{
    auraio::Buffer buffer = p.engine.allocate_buffer(block);
    std::int64_t number;
    std::size_t len;

    while (take_block(p, number, len)) {
        const auto data = buffer.as<unsigned char>().first(len);
        auto read = p.engine.async_read(p.in, buffer, len, number * std::int64_t{block});
        if (static_cast<std::size_t>(co_await read) != len)
            throw failure(p, p.from, EIO);
        Header header{magic, static_cast<std::uint32_t>(len), sum_of(data)};
        const std::array<iovec, 2> iov{{{&header, sizeof header}, {data.data(), len}}};
        auto write = p.engine.async_writev(p.out, iov, frame_offset(number));
        if (static_cast<std::size_t>(co_await write) != sizeof header + len)
            throw failure(p, p.to, write.error() ? write.error() : EIO);
        p.packed += static_cast<std::int64_t>(len);
    }
}

static auraio::Task<> check(Packer &p)
{
    auraio::Buffer buffer = p.engine.allocate_buffer(block);
    std::int64_t number;
    std::size_t len;

    while (take_block(p, number, len)) {
        const auto data = buffer.as<unsigned char>().first(len);
        Header header{};
        const std::array<iovec, 2> iov{{{&header, sizeof header}, {data.data(), len}}};
        const ssize_t n = co_await p.engine.async_readv(p.out, iov, frame_offset(number));
        if (static_cast<std::size_t>(n) != sizeof header + len || header.magic != magic ||
            header.len != len || header.sum != sum_of(data))
            throw failure(p, p.to, EBADMSG);
        p.checked += header.len;
    }
}

static void run(Packer &p, auraio::Task<> (*lane)(Packer &p))
{
    std::vector<auraio::Task<>> tasks;

    p.next = 0;
    for (std::size_t i = 0; i < lanes; i++)
        tasks.push_back(lane(p));
    sync_wait(p.engine, when_all(std::move(tasks)));
}

static int open_regular(const char *path, std::int64_t &size)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die(path, errno);
    if (!S_ISREG(st.st_mode))
        die(path, S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path, errno);
    size = st.st_size;
    return fd;
}

int main(int argc, char **argv)
{
    std::int64_t size;

    if (argc != 3) {
        std::fprintf(stderr, "usage: vectored_io FILE PACKED\n");
        return 2;
    }
    const int in = open_regular(argv[1], size);
    const int out = open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (out < 0)
        die(argv[2], errno);
    const char *at = argv[2];
    try {
        Packer p{auraio::Engine(), argv[1], argv[2], in, out, size};
        try {
            run(p, pack);
            run(p, check);
        } catch (const auraio::Error &) {
            at = p.at ? p.at : at;
            throw;
        }
        std::printf("%s: %" PRId64 " frames, %" PRId64 " bytes packed, %" PRId64 " checked\n",
                    argv[2], p.next, p.packed, p.checked);
    } catch (const auraio::Error &error) {
        die(at, error.errno_value());
    }
    close(in);
    if (close(out) < 0)
        die(argv[2], errno);
}

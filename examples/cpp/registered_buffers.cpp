// SPDX-License-Identifier: Apache-2.0
// Read a file twice: with plain buffers and descriptor, then with both registered, so that the
// kernel need not look them up and pin them anew for every read. Same bytes, two times; the
// checksum is that of `sum -s FILE`.
//
//     registered_buffers FILE
//
// One region of memory is registered as buffer 0 and used in sixteen parts by offset; the
// descriptor is registered as file 0. Where the kernel refuses (the limit on locked memory) the
// calls work all the same, and the features tell.
#include <auraio.hpp>

#include <cerrno>
#include <chrono>
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
    std::fprintf(stderr, "registered_buffers: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 64 * 1024, lanes = 16;

struct Reader {
    auraio::Engine &engine;
    auraio::FileRef file;
    bool is_registered;
    auraio::Buffer &memory; // a block for each lane
    std::int64_t size;
    std::int64_t next = 0; // offset of the next block to ask for
    std::int64_t bytes = 0;
    std::uint32_t sum = 0;
};

static auraio::Task<> read_blocks(Reader &r, std::size_t lane)
{
    const auto mine = r.memory.as<unsigned char>().subspan(lane * block, block);
    const auraio::BufferRef buf = r.is_registered ? auraio::BufferRef::fixed(0, lane * block)
                                                  : auraio::BufferRef(mine.data());

    while (r.next < r.size) {
        const std::int64_t offset = std::exchange(r.next, r.next + std::int64_t{block});
        const ssize_t n = co_await r.engine.async_read(r.file, buf, block, offset);
        for (const unsigned char byte : mine.first(static_cast<std::size_t>(n)))
            r.sum += byte;
        r.bytes += n;
    }
}

// The number `sum -s` makes of all bytes added up.
static std::uint32_t fold(std::uint32_t sum)
{
    const std::uint32_t folded = (sum & 0xffff) + (sum >> 16);

    return (folded & 0xffff) + (folded >> 16);
}

// Reads the whole file once and tells how that went.
static void read_all(Reader &r, const char *how)
{
    std::vector<auraio::Task<>> tasks;
    const auto start = std::chrono::steady_clock::now();

    for (std::size_t i = 0; i < lanes; i++)
        tasks.push_back(read_blocks(r, i));
    sync_wait(r.engine, when_all(std::move(tasks)));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (how)
        std::printf("%-11s %" PRId64 " bytes, checksum %" PRIu32 ", %.4f s\n", how, r.bytes,
                    fold(r.sum), took.count());
}

static void register_all(auraio::Engine &engine, auraio::Buffer &memory, int fd)
{
    const iovec region{memory.data(), memory.size()};

    engine.register_buffers(std::span(&region, 1));
    engine.register_files(std::span(&fd, 1));
    const auraio::Features features = engine.features();
    std::printf("registered with the kernel: buffers %s, files %s\n",
                features.has_used(AURAIO_FEATURE_FIXED_BUFFERS) ? "yes" : "no",
                features.has_used(AURAIO_FEATURE_FIXED_FILES) ? "yes" : "no");
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

    if (argc != 2) {
        std::fprintf(stderr, "usage: registered_buffers FILE\n");
        return 2;
    }
    const int fd = open_regular(argv[1], size);
    try {
        auraio::Engine engine;
        auraio::Buffer memory = engine.allocate_buffer(block * lanes);
        Reader warm_up{engine, fd, false, memory, size}, plain = warm_up;
        Reader fixed{engine, auraio::FileRef::fixed(0), true, memory, size};

        read_all(warm_up, nullptr); // so that both find the file in memory
        read_all(plain, "plain");
        register_all(engine, memory, fd);
        read_all(fixed, "registered");
        if (plain.sum != fixed.sum || plain.bytes != fixed.bytes) {
            std::fprintf(stderr, "registered_buffers: %s: changed while it was read\n", argv[1]);
            return 1;
        }
        engine.unregister_files();
        engine.unregister_buffers();
    } catch (const auraio::Error &error) {
        die(argv[1], error.errno_value());
    }
    close(fd);
}

// SPDX-License-Identifier: Apache-2.0
// Every operation can be awaited, on real files; failure arrives as Error where it is awaited.
#include <array>
#include <fcntl.h>
#include <limits.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <utility>

#include "cxx_support.hpp"

using auraio::Engine;
using auraio::FileRef;
using auraio::Op;
using auraio::sync_wait;
using auraio::Task;

static std::string path_of(const char *name)
{
    char path[PATH_MAX];
    return scratch_path(path, name);
}

static Task<> writes_and_reads(Engine &engine)
{
    const std::string path = path_of("file");
    const int fd = co_await engine.async_openat(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT, 0600);
    const std::string text = "hello, world";
    const char *constant = text.c_str();
    std::array<char, 16> buf{};
    struct statx status {
    };

    ok(fd >= 0, "openat");
    is(co_await engine.async_write(fd, auraio::buf(constant), 12, 0), 12, "write");
    is(co_await engine.async_read(fd, buf.data(), buf.size(), 7), 5, "read to the end");
    is_text({buf.data(), 5}, "world", "what was written");

    std::array<iovec, 2> iov{{{buf.data(), 5}, {buf.data() + 8, 7}}};
    is(co_await engine.async_readv(fd, iov, 0), 12, "readv");
    is_text({buf.data(), 5}, "hello", "the first part");
    is_text({buf.data() + 8, 7}, ", world", "the second part");
    is(co_await engine.async_writev(fd, iov, 100), 12, "writev");
    co_await engine.async_fsync(fd);
    co_await engine.async_fdatasync(fd);
    co_await engine.async_sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    co_await engine.async_statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, &status);
    is(status.stx_size, 112, "statx after writev");
    co_await engine.async_ftruncate(fd, 50);
    co_await engine.async_fallocate(fd, 0, 0, 60);
    co_await engine.async_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    co_await engine.async_statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, &status);
    is(status.stx_size, 60, "fallocate after ftruncate");
    co_await engine.async_close(fd);
    is(fcntl(fd, F_GETFD), -1, "close");
}

static Task<> moves_files(Engine &engine)
{
    const std::string file = path_of("file"), directory = path_of("directory");
    const std::string moved = directory + "/moved";

    co_await engine.async_mkdirat(AT_FDCWD, directory.c_str(), 0700);
    co_await engine.async_renameat(AT_FDCWD, file.c_str(), AT_FDCWD, moved.c_str());
    is(access(moved.c_str(), F_OK), 0, "mkdirat and renameat");
    co_await engine.async_unlinkat(AT_FDCWD, moved.c_str());
    co_await engine.async_unlinkat(AT_FDCWD, directory.c_str(), AT_REMOVEDIR);
    is(access(directory.c_str(), F_OK), -1, "unlinkat");
    co_await engine.async_nop();
}

// At submission, at completion, and with a part moved.
static Task<> fails(Engine &engine, int fd)
{
    std::array<char, 16> buf{};
    int error = 0;

    try {
        co_await engine.async_read(fd, buf.data(), 0, 0);
    } catch (const auraio::Error &refused) {
        error = refused.errno_value();
        is_text(refused.what(), "auraio_read: Invalid argument", "the message");
    }
    is(error, EINVAL, "a submission that is refused");
    try {
        co_await engine.async_openat(AT_FDCWD, "/nowhere/at/all", O_RDONLY);
        ok(false, "opened");
    } catch (const auraio::Error &failed) {
        ok(failed.is_not_found(), "an operation that fails");
    }
    is(co_await engine.async_read(fd, buf.data(), buf.size(), 4096), 0, "the end of the file");

    auto read = engine.async_read(fd, buf.data(), buf.size(), 4090);
    is(co_await read, 6, "an awaitable with a name");
    is(read.error(), 0, "no error ended it");
    is(co_await read, 6, "and awaited again");
}

static Task<> modified(Engine &engine, int fd)
{
    std::array<char, 16> buf{};
    int ends[2];

    is(co_await engine.async_submit(Op::read(fd, buf.data(), 16, 0).report_short()), 16, "an Op");
    if (pipe(ends) != 0)
        bail("pipe");
    if (!on_threads()) {
        try {
            co_await engine.async_submit(Op::read(ends[0], buf.data(), 16, 0).timeout(20));
            ok(false, "it read");
        } catch (const auraio::Error &error) {
            is(error.errno_value(), ETIME, "with a timeout");
        }
    }
    close(ends[0]);
    close(ends[1]);
}

static Task<std::unique_ptr<int>> makes_number(Engine &engine, int number)
{
    co_await engine.async_nop();
    if (number < 0)
        throw std::invalid_argument("negative");
    co_return std::make_unique<int>(number);
}

static Task<int> adds(Engine &engine)
{
    auto first = makes_number(engine, 1);
    int sum = *co_await first + *co_await makes_number(engine, 2);

    try {
        co_await makes_number(engine, -1);
    } catch (const std::invalid_argument &) {
        sum += 100;
    }
    co_return sum;
}

static void task_by_hand(Engine &engine)
{
    Task<int> task = adds(engine);

    ok(task && !task.done(), "a task is lazy");
    is(engine.pending_count(), 0, "nothing was submitted");
    ok(throws<std::logic_error>([&] { task.get(); }), "no result before the end");
    task.resume();
    ok(throws<std::logic_error>([&] { task.resume(); }), "it begins once");
    Task<int> moved = std::move(task);
    ok(!task && moved, "it moves while it waits");
    ok(throws<std::logic_error>([&] { task.resume(); }), "an empty one does not begin");
    ok(throws<std::logic_error>([&] {
           sync_wait(engine,
                     [](Task<int> &begun) -> Task<int> { co_return co_await begun; }(moved));
       }),
       "one that waits cannot be awaited");
    while (!moved.done())
        engine.wait();
    is(moved.get(), 103, "the result");
    ok(throws<std::logic_error>([&] { moved.get(); }), "once");

    Task<std::unique_ptr<int>> failing = makes_number(engine, -1);
    failing.resume();
    engine.drain();
    ok(throws<std::invalid_argument>([&] { failing.get(); }), "an exception comes out of get");
    ok(throws<std::logic_error>([&] { failing.get(); }), "once");
    is(*sync_wait(engine, makes_number(engine, 7)), 7, "sync_wait");
    ok(throws<std::invalid_argument>([&] { sync_wait(engine, makes_number(engine, -1)); }),
       "an exception comes out of sync_wait");
    {
        const Task<int> never = adds(engine);
        failing = {};
    }
    ok(!failing, "a task that has not begun, or has ended, may be destroyed");
}

static void not_in_a_callback(Engine &engine)
{
    int error = 0;

    (void)engine.nop([&](auraio::Request &, ssize_t) {
        error = errno_of([&] { sync_wait(engine, adds(engine)); });
    });
    engine.drain();
    is(error, EDEADLK, "sync_wait in a callback");
}

int main()
{
    Engine engine = engine_under_test();
    const int fd = scratch_file("data", 4096, 0);

    sync_wait(engine, writes_and_reads(engine));
    sync_wait(engine, moves_files(engine));
    sync_wait(engine, fails(engine, fd));
    sync_wait(engine, modified(engine, fd));
    task_by_hand(engine);
    not_in_a_callback(engine);
    return done();
}

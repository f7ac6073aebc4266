// SPDX-License-Identifier: Apache-2.0
// Every operation with a callback, on real files; the request that the callback gets; batches.
#include <array>
#include <fcntl.h>
#include <limits.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "cxx_support.hpp"

using auraio::Batch;
using auraio::Engine;
using auraio::Op;
using auraio::OpType;
using auraio::Request;

static std::string path_of(const char *name)
{
    char path[PATH_MAX];
    return scratch_path(path, name);
}

// What a callback is told. One operation at a time.
struct Seen {
    ssize_t result = -EINPROGRESS;
    OpType type = OpType::unknown;
    int fd = -2, error = -1;
    bool pending = true, has_same_handle = false;

    void operator()(Request &request, ssize_t its_result)
    {
        result = its_result;
        type = request.op_type();
        fd = request.fd();
        error = request.error();
        pending = request.pending();
    }
};

static Seen *seen;

// Waits for the one operation and says whether it went as it should.
static ssize_t ends(Engine &engine, Request request, OpType type)
{
    ok(request && request.handle(), "a request");
    engine.drain();
    is(static_cast<int>(seen->type), static_cast<int>(type), "of the type");
    ok(!seen->pending && !request.pending() && request.op_type() == OpType::unknown, "and stale");
    return seen->result;
}

static void every_operation(Engine &engine)
{
    Seen what;
    const auto see = [&what](Request &request, ssize_t result) { what(request, result); };
    const std::string path = path_of("file"), other = path_of("other"), dir = path_of("dir");
    const char text[] = "hello, world";
    std::array<char, 16> buf{};
    std::array<iovec, 2> iov{{{buf.data(), 5}, {buf.data() + 8, 7}}};
    struct statx status {
    };
    seen = &what;

    const int fd = static_cast<int>(
        ends(engine, engine.openat(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT, 0600, see),
             OpType::openat));
    ok(fd >= 0, "openat");
    is(ends(engine, engine.write(fd, auraio::buf(text), 12, 0, see), OpType::write), 12, "write");
    ok(what.fd == fd && what.error == 0, "the request knows its descriptor");
    is(ends(engine, engine.read(fd, buf.data(), 16, 7, see), OpType::read), 5, "read");
    is_text({buf.data(), 5}, "world", "what was written");
    is(ends(engine, engine.readv(fd, iov, 0, see), OpType::readv), 12, "readv");
    is_text({buf.data() + 8, 7}, ", world", "into the second part");
    is(ends(engine, engine.writev(fd, iov, 100, see), OpType::writev), 12, "writev");
    is(ends(engine, engine.fsync(fd, see), OpType::fsync), 0, "fsync");
    is(ends(engine, engine.fdatasync(fd, see), OpType::fdatasync), 0, "fdatasync");
    is(ends(engine, engine.sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE, see),
            OpType::sync_file_range),
       0, "sync_file_range");
    is(ends(engine, engine.ftruncate(fd, 50, see), OpType::ftruncate), 0, "ftruncate");
    is(ends(engine, engine.fallocate(fd, 0, 0, 60, see), OpType::fallocate), 0, "fallocate");
    is(ends(engine, engine.fadvise(fd, 0, 0, POSIX_FADV_DONTNEED, see), OpType::fadvise), 0,
       "fadvise");
    is(ends(engine, engine.statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, &status, see),
            OpType::statx),
       0, "statx");
    is(status.stx_size, 60, "the size");
    is(ends(engine, engine.renameat(AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), 0, see),
            OpType::renameat),
       0, "renameat");
    is(ends(engine, engine.unlinkat(AT_FDCWD, other.c_str(), 0, see), OpType::unlinkat), 0,
       "unlinkat");
    is(ends(engine, engine.mkdirat(AT_FDCWD, dir.c_str(), 0700, see), OpType::mkdirat), 0,
       "mkdirat");
    is(access(dir.c_str(), F_OK), 0, "a directory");
    is(ends(engine, engine.nop(see), OpType::nop), 0, "nop");
    is(ends(engine, engine.submit(Op::read(fd, buf.data(), 16, 50).report_short(), see),
            OpType::read),
       10, "an Op");
    is(ends(engine, engine.close(fd, see), OpType::close), 0, "close");
    is(ends(engine, engine.read(fd, buf.data(), 1, 0, see), OpType::read), -EBADF, "a failure");
}

static void without_callback(Engine &engine)
{
    const int fd = scratch_file("quiet", 0, 0);
    const char text[] = "quiet";
    char buf[8];

    const Request request = engine.write(fd, auraio::buf(text), 5, 0);
    engine.drain();
    ok(!request.pending(), "an operation without a callback");
    is(pread(fd, buf, sizeof buf, 0), 5, "was done");
    close(fd);
}

static void chain(Engine &engine)
{
    Batch batch(engine);
    const int fd = scratch_file("chain", 0, 0);
    const char text[] = "abcdef";
    std::vector<ssize_t> results;
    std::array<Request, 4> requests;
    const auto keep = [&](Request &, ssize_t result) { results.push_back(result); };
    char buf[8];

    ok(batch.empty(), "an empty batch");
    is(batch.submit(), 0, "submits nothing");
    batch.add(Op::write(fd, auraio::buf(text), 6, 0).link(), keep);
    batch.add(Op::fsync(fd).link(), keep);
    batch.add(Op::read(fd, buf, 8, 2).link(), keep);
    batch.add(Op::nop(), keep);
    is(batch.size(), 4, "four operations");
    is(errno_of([&] { batch.submit(std::span(requests).first(3)); }), EINVAL, "too few places");
    is(batch.submit(requests), 4, "accepted");
    ok(batch.empty() && requests[3], "and gone");
    engine.drain();
    ok(results == std::vector<ssize_t>({6, 0, 4, -ECANCELED}), "in order, and a short one ends it");
    is_text({buf, 4}, "cdef", "what was read");
    close(fd);
}

static void batch_owns_what_is_left(Engine &engine)
{
    const auto token = std::make_shared<int>(0);
    const auto call = [token](Request &, ssize_t) { ++*token; };
    {
        Batch batch(engine);
        batch.add(Op::nop(), call);
        batch.add(Op::close(-1), call);
        batch.add(Op::nop(), call);
        batch.add(Op::nop(), nullptr);
        is(batch.submit(), 1, "accepted up to the one that is refused");
        is(batch.size(), 3, "which is still there");
        is(errno_of([&] { batch.submit(); }), EINVAL, "and tells why");
        engine.drain();
        is(*token, 1, "the accepted one was called");
        is(token.use_count(), 4, "the others are kept");
        batch.clear();
        is(token.use_count(), 2, "until clear");
        batch.add(Op::nop(), call);
    }
    is(token.use_count(), 2, "or until the batch ends");
}

static void c_batch(Engine &engine)
{
    std::array<auraio_op_t, 3> ops;
    std::array<auraio_request_t *, 3> handles{};

    ops.fill(Op::nop().c_op());
    is(engine.submit(ops), 3, "operations of the C API");
    is(engine.submit(ops, handles), 3, "and their handles");
    ok(handles[0] && handles[2] != handles[0], "are told");
    is(errno_of([&] { (void)engine.submit(ops, std::span(handles).first(2)); }), EINVAL,
       "too few places");
    engine.drain();
}

static void modifiers()
{
    const Op op = Op::nop().link().report_short().timeout(std::chrono::seconds(2)).rw_flags(3);
    is(op.c_op().flags, AURAIO_OPF_LINK | AURAIO_OPF_SHORT, "flags");
    is(op.c_op().timeout_ms, 2000, "timeout");
    is(op.c_op().rw_flags, 3, "rw_flags");
    is(Op::nop().ioprio(9).c_op().ioprio, 9, "ioprio");
    is(Op::nop().timeout(0).c_op().timeout_ms, 1, "the shortest timeout");
    is(Op::nop().timeout(auraio::Timeout::none()).c_op().timeout_ms, 0, "no timeout");
    ok(Op::mkdirat(1, "", 0).type() == OpType::mkdirat, "type");
}

int main()
{
    Engine engine = engine_under_test();

    every_operation(engine);
    without_callback(engine);
    chain(engine);
    batch_owns_what_is_left(engine);
    c_batch(engine);
    modifiers();
    return done();
}

// SPDX-License-Identifier: Apache-2.0
// Completions, cancelling, registered sets, statistics, setters, moving: what an Engine does
// besides operations.
#include <array>
#include <chrono>
#include <climits>
#include <optional>
#include <stdexcept>
#include <sys/epoll.h>
#include <utility>

#include "cxx_support.hpp"

using namespace std::chrono_literals;
using auraio::BufferRef;
using auraio::Engine;
using auraio::FileRef;
using auraio::Request;

// Neither truth nor seconds with a fraction are a number of milliseconds.
static_assert(!std::is_convertible_v<bool, auraio::Timeout> &&
              !std::is_convertible_v<double, auraio::Timeout> &&
              std::is_convertible_v<int, auraio::Timeout>);

static void completions(Engine &engine)
{
    int calls = 0;
    const auto count = [&calls](Request &, ssize_t) { calls++; };

    is(engine.poll(), 0, "nothing to poll");
    is(engine.wait(0), 0, "nothing to wait for");
    if (!on_single())
        is(engine.wait(2ms), 0, "not in two milliseconds either");
    for (int i = 0; i < 10; i++)
        (void)engine.nop(count);
    ok(engine.pending_count() <= 10 && calls == 0, "in flight");
    engine.flush();
    is(engine.wait_n(10, 10s), 10, "wait_n");
    is(calls, 10, "callbacks");
    is(engine.pending_count(), 0, "none is pending");
    (void)engine.nop(count);
    is(engine.wait(), 1, "wait");
    (void)engine.nop(count);
    is(engine.drain(10s), 1, "drain");
    while (engine.poll())
        ;
    ok(engine.wakeup(), "wakeup");
    is(engine.wait(10s), 0, "ends the next wait");
    (void)engine.nop([&](Request &, ssize_t) { engine.stop(); });
    engine.run();
    ok(engine.stop(), "stop");
    engine.run();
    ok(true, "run ends");
    is(errno_of([&] { engine.wait_n(0); }), EINVAL, "no such minimum");
    int error = 0;
    (void)engine.nop([&](Request &, ssize_t) {
        error = auraio::in_callback() ? errno_of([&] { engine.poll(); }) : -1;
    });
    engine.drain();
    is(error, EDEADLK, "poll in a callback");
}

static void by_epoll(Engine &engine)
{
    const int epoll = epoll_create1(EPOLL_CLOEXEC), fd = engine.poll_fd();
    epoll_event event{};
    int calls = 0;

    event.events = EPOLLIN;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    (void)engine.nop([&](Request &, ssize_t) { calls++; });
    while (calls == 0 && epoll_wait(epoll, &event, 1, 10000) == 1)
        engine.poll();
    is(calls, 1, "by the poll fd");
    close(epoll);
}

static void cancelling(Engine &engine)
{
    int ends[2];
    std::array<char, 8> buf{};
    std::array<ssize_t, 3> results{};

    if (pipe(ends) != 0)
        bail("pipe");
    Request request;
    for (ssize_t &result : results)
        request = engine.read(ends[0], buf.data(), 8, 0,
                              [&result](Request &, ssize_t value) { result = value; });
    if (on_threads()) {
        is(write(ends[1], "xxxxxxxxyyyyyyyyzzzzzzzz", 24), 24, "the pipe is fed");
    } else {
        ok(request.pending() && engine.cancel(request), "cancel");
        ok(engine.cancel_fd(ends[0]) >= 2, "cancel_fd asks the others");
    }
    engine.drain();
    is(results[0], on_threads() ? 8 : -ECANCELED, "the first");
    is(results[2], results[0], "the last");
    ok(!engine.cancel(request) && errno == EALREADY, "a stale request");
    Request none;
    ok(!none && !engine.cancel(none) && errno == EINVAL, "no request");
    is(errno_of([&] { engine.cancel_fd(-1); }), EINVAL, "no descriptor");
    close(ends[0]);
    close(ends[1]);
}

static void registered(Engine &engine)
{
    const int fd = scratch_file("data", 8192, 0);
    std::array<int, 2> files{fd, -1};
    auto memory = engine.allocate_buffer(8192);
    const std::array<iovec, 1> buffers{{{memory.data(), memory.size()}}};
    ssize_t result = 0;
    const auto keep = [&result](Request &, ssize_t value) { result = value; };

    engine.register_buffers(buffers);
    engine.register_files(files);
    is(errno_of([&] { engine.register_files(files); }), EBUSY, "registered already");
    (void)engine.read(FileRef::fixed(0), auraio::buf_fixed(0, 4096), 4096, 4096, keep);
    engine.drain();
    ok(result == 4096 && matches_pattern(memory.as<char>().data() + 4096, 4096, 4096),
       "a read of a registered file into a registered buffer");
    is(errno_of([&] { (void)engine.read(FileRef::fixed(1), memory, 8, 0, keep); }), EBADF,
       "an empty slot");
    engine.update_file(1, fd);
    (void)engine.read(FileRef::fixed(1), BufferRef::fixed(0), 100, 0, keep);
    engine.drain();
    ok(result == 100 && matches_pattern(memory.data(), 100, 0), "is filled");
    engine.unregister_buffers();
    engine.unregister_files();
    is(errno_of([&] { engine.unregister_files(); }), ENOENT, "unregistered");
    engine.register_buffers(buffers);
    engine.register_files(files);
    engine.request_unregister_buffers();
    engine.request_unregister_files();
    engine.drain();
    is(errno_of([&] { engine.update_file(0, fd); }), ENOENT, "unregistered later");
    is(errno_of([&] { engine.register_files({}); }), EINVAL, "an empty set");
    close(fd);
}

static void statistics(Engine &engine)
{
    const auto stats = engine.get_stats();
    const auto &c = stats.c_stats();
    ok(stats.ops_completed() > 10 && stats.ops_completed() == c.ops_completed &&
           stats.ops_failed() == c.ops_failed && stats.bytes_transferred() == c.bytes_transferred &&
           stats.bytes_transferred() > 4000,
       "totals");
    ok(stats.current_throughput_bps() == c.current_throughput_bps &&
           stats.p99_latency_ms() == c.p99_latency_ms && stats.current_in_flight() == 0 &&
           stats.optimal_in_flight() == c.optimal_in_flight && stats.peak_in_flight() > 0 &&
           stats.optimal_batch_size() == c.optimal_batch_size && stats.queued() == 0,
       "what is now");
    ok(stats.adaptive_spills() == c.adaptive_spills && stats.eagain_count() == c.eagain_count &&
           stats.submit_calls() == c.submit_calls && stats.wait_calls() == c.wait_calls &&
           stats.resubmitted() == c.resubmitted && stats.abandoned() == 0,
       "counts");

    long completed = 0;
    for (int i = 0; i < engine.ring_count(); i++) {
        const auto ring = engine.get_ring_stats(i);
        completed += ring.ops_completed();
        const auto &r = ring.c_stats();
        ok(ring.ring_index() == i && ring.queue_depth() == 256 && !ring.phase_name().empty() &&
               ring.phase() == static_cast<auraio::Phase>(r.phase) && ring.flags() == r.flags &&
               ring.bytes_transferred() == r.bytes_transferred && ring.pending_count() == 0 &&
               ring.peak_in_flight() == r.peak_in_flight &&
               ring.in_flight_limit() == r.in_flight_limit &&
               ring.batch_threshold() == r.batch_threshold &&
               ring.p99_latency_ms() == r.p99_latency_ms &&
               ring.throughput_bps() == r.throughput_bps,
           "ring %d", i);
    }
    is(completed, stats.ops_completed(), "the rings have done it all");
    ok(throws<std::out_of_range>([&] { engine.get_ring_stats(engine.ring_count()); }), "no ring");
    ok(throws<std::out_of_range>([&] { engine.get_histogram(-1); }), "no histogram");
    ok(throws<std::out_of_range>([&] { engine.target_stats(engine.target_count()); }), "no target");
}

static void targets_and_histograms(Engine &engine)
{
    ok(engine.target_count() > 0, "a target");
    const auto target = engine.target_stats(0);
    const auto &t = target.c_stats();
    ok(target.dev_major() == t.dev_major && target.dev_minor() == t.dev_minor &&
           target.limit() == t.limit && target.in_flight() == 0 && target.queued() == 0 &&
           target.phase() == static_cast<auraio::Phase>(t.phase) && target.knee() == t.knee &&
           target.baseline_p99_ms() == t.baseline_p99_ms && !target.phase_name().empty() &&
           target.p99_latency_ms() == t.p99_latency_ms && target.iops() == t.iops &&
           target.throughput_bps() == t.throughput_bps && target.searches() == t.searches &&
           target.limit_changes() == t.limit_changes,
       "of which all is told");
    const auto histogram = engine.get_histogram(0);
    ok(histogram.total_count() == histogram.c_histogram().total_count &&
           histogram.overflow() == histogram.c_histogram().overflow &&
           histogram.max_tracked_us() == histogram.c_histogram().max_tracked_us &&
           histogram.bucket(0) == histogram.c_histogram().buckets[0],
       "a histogram");
    ok(histogram.bucket_lower_us(9) < histogram.bucket_upper_us(9), "its buckets");
    ok((histogram.percentile(50) < 0) == (histogram.total_count() == 0), "its percentiles");
    ok(throws<std::out_of_range>([&] { histogram.bucket(auraio::Histogram::bucket_count); }),
       "no bucket");
    const auto buffers = engine.get_buffer_stats();
    ok(buffers.total_allocated_bytes() >= 8192 && buffers.total_buffers() > 0 &&
           buffers.cached_bytes() == buffers.c_stats().cached_bytes && buffers.shard_count() > 0,
       "the pool");
    ok(!engine.stats_segment().empty(), "what is published");
    const auto features = engine.features();
    ok(features.backend() == options_under_test().backend() && features.uring_errno() == 0 &&
           features.reason() == features.c_features().reason &&
           features.liburing_built() == features.c_features().liburing_built &&
           features.liburing_running() == features.c_features().liburing_running &&
           features.available() == features.c_features().available &&
           features.used() == features.c_features().used,
       "features");
    ok(features.has_used(auraio::OpType::read) == !on_threads() && !features.has_used(64) &&
           features.has_available(0) == ((features.available() & 1) != 0),
       "one by one");
}

static void setters(Engine &engine)
{
    engine.set_max_in_flight(7);
    engine.set_max_in_flight(0);
    engine.set_min_in_flight(2);
    engine.set_max_p99_latency(1.5);
    engine.set_batch_threshold(4);
    is(engine.get_stats().optimal_batch_size(), 4, "set_batch_threshold");
    is(errno_of([&] { engine.set_max_in_flight(-1); }), EINVAL, "set_max_in_flight");
    is(errno_of([&] { engine.set_min_in_flight(-1); }), EINVAL, "set_min_in_flight");
    is(errno_of([&] { engine.set_max_p99_latency(-1); }), EINVAL, "set_max_p99_latency");
    is(errno_of([&] { engine.set_batch_threshold(-2); }), EINVAL, "set_batch_threshold");
    is(engine.fatal_error(), 0, "fatal_error");
    const int fd = scratch_file("aligned", 0, 0);
    const auto alignment = auraio::file_alignment(fd);
    ok(alignment.memory > 0 && alignment.offset > 0, "file_alignment");
    close(fd);
    is(errno_of([&] { auraio::file_alignment(-1); }), EBADF, "of no file");
}

static void moves_in_flight()
{
    int calls = 0;
    Engine engine = engine_under_test();
    auraio::Batch batch(engine);
    const auto call = [&calls, filler = std::array<char, 100>()](Request &, ssize_t result) {
        calls += filler[0] == 0 && result == 0;
    };

    (void)engine.nop(call);
    batch.add(auraio::Op::nop(), call);
    Engine other = std::move(engine);
    ok(other && other.handle() && !engine && !engine.handle(), "an engine moves");
    is(errno_of([&] { (void)engine.nop(call); }), EINVAL, "what is left takes nothing");
    is(errno_of([&] { engine.allocate_buffer(1); }), EINVAL, "and gives nothing");
    ok(!engine.stop() && engine.ring_count() == 0, "and can do nothing");
    is(errno_of([&] { (void)engine.get_ring_stats(0); }), EINVAL, "of its rings");
    is(errno_of([&] { (void)engine.target_stats(0); }), EINVAL, "of its targets");
    is(errno_of([&] { (void)engine.get_histogram(0); }), EINVAL, "of its latencies");
    is(errno_of([&] { (void)engine.stats_segment(); }), EINVAL, "and of what it published");
    batch.submit();
    (void)other.nop(call);
    other.drain();
    is(calls, 3, "operations, batch and all");
    (void)other.nop(call);
    other = engine_under_test();
    is(calls, 4, "one that is assigned to completes what it has");
    other.destroy(5s);
    ok(!other && !other.handle(), "destroy");
    other.destroy(5s);
    int error = 0;
    Engine third = engine_under_test();
    (void)third.nop([&](Request &, ssize_t) { error = errno_of([&] { third.destroy(1s); }); });
    third.drain();
    ok(error == EDEADLK && third, "not in a callback");
    is(errno_of([&] { third.destroy(-1); }), EINVAL, "nor without a limit");
}

int main()
{
    Engine engine = engine_under_test();

    completions(engine);
    cancelling(engine);
    registered(engine);
    statistics(engine);
    targets_and_histograms(engine);
    setters(engine);
    by_epoll(engine);
    moves_in_flight();
    return done();
}

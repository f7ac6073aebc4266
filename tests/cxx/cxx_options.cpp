// SPDX-License-Identifier: Apache-2.0
// Options, Error, Timeout, version and log: what needs no I/O.
#include <chrono>
#include <climits>
#include <limits>
#include <string>
#include <system_error>

#include "cxx_support.hpp"

using namespace std::chrono_literals;
using auraio::Engine;
using auraio::Error;
using auraio::Options;
using auraio::Timeout;

static void every_option()
{
    auraio_options_t defaults;
    auraio_options_init(&defaults);
    const Options fresh;
    is(std::memcmp(&fresh.c_options(), &defaults, sizeof defaults), 0, "fresh options");

    const Options options = Options()
                                .queue_depth(17)
                                .ring_count(2)
                                .initial_in_flight(3)
                                .min_in_flight(4)
                                .max_p99_latency_ms(2.5)
                                .buffer_alignment(8192)
                                .disable_adaptive(true)
                                .enable_sqpoll(true)
                                .single_thread(true)
                                .report_short(true)
                                .resolve_registered_files(true)
                                .control(auraio::Control::aimd)
                                .overflow(auraio::Overflow::block)
                                .ring_select(auraio::RingSelect::round_robin)
                                .sqpoll_idle_ms(5)
                                .batch_threshold(6)
                                .backend(auraio::Backend::threads)
                                .backend_threads(7)
                                .publish_stats(0)
                                .name("a name");
    const auraio_options_t &c = options.c_options();
    ok(options.queue_depth() == 17 && c.queue_depth == 17, "queue_depth");
    ok(options.ring_count() == 2 && c.ring_count == 2, "ring_count");
    ok(options.initial_in_flight() == 3 && c.initial_in_flight == 3, "initial_in_flight");
    ok(options.min_in_flight() == 4 && c.min_in_flight == 4, "min_in_flight");
    ok(options.max_p99_latency_ms() == 2.5 && c.max_p99_latency_ms == 2.5, "max_p99_latency_ms");
    ok(options.buffer_alignment() == 8192 && c.buffer_alignment == 8192, "buffer_alignment");
    ok(options.disable_adaptive() && c.disable_adaptive, "disable_adaptive");
    ok(options.enable_sqpoll() && c.enable_sqpoll, "enable_sqpoll");
    ok(options.single_thread() && c.single_thread, "single_thread");
    ok(options.report_short() && c.report_short, "report_short");
    ok(options.resolve_registered_files() && c.resolve_registered_files, "resolve_registered...");
    ok(options.control() == auraio::Control::aimd && c.control == AURAIO_CONTROL_AIMD, "control");
    ok(options.overflow() == auraio::Overflow::block && c.overflow == AURAIO_OVERFLOW_BLOCK,
       "overflow");
    ok(options.ring_select() == auraio::RingSelect::round_robin &&
           c.ring_select == AURAIO_SELECT_ROUND_ROBIN,
       "ring_select");
    ok(options.sqpoll_idle_ms() == 5 && c.sqpoll_idle_ms == 5, "sqpoll_idle_ms");
    ok(options.batch_threshold() == 6 && c.batch_threshold == 6, "batch_threshold");
    ok(options.backend() == auraio::Backend::threads && c.backend == AURAIO_BACKEND_THREADS,
       "backend");
    ok(options.backend_threads() == 7 && c.backend_threads == 7, "backend_threads");
    ok(options.publish_stats() == 0 && c.publish_stats == 0, "publish_stats");
    is_text(options.name(), "a name", "name");
}

static void options_refused()
{
    const auto threads = Options().backend(auraio::Backend::threads);
    const std::string longest(AURAIO_NAME_MAX - 1, 'n');

    is(errno_of([&] { Engine engine(Options(threads).queue_depth(0)); }), EINVAL, "a depth of 0");
    is(errno_of([&] { Engine engine(Options(threads).name(longest + "n")); }), EINVAL,
       "a name that is too long");
    is(Options().name(longest + "nnn").name().size(), AURAIO_NAME_MAX, "of which a part is kept");
    Engine engine(Options(threads).name("longer").name(longest).ring_count(3));
    is(engine.ring_count(), 3, "the longest name is accepted");
}

static void errors()
{
    const Error error(ENOENT, "a context");
    is_text(error.what(), std::string("a context: ") + std::strerror(ENOENT), "what()");
    is(error.errno_value(), ENOENT, "errno_value()");
    ok(error.code() == std::errc::no_such_file_or_directory, "code() compares with std::errc");
    ok(error.is_not_found() && !error.is_busy(), "is_not_found");
    ok(Error(EINVAL, "").is_invalid() && !error.is_invalid(), "is_invalid");
    ok(Error(EAGAIN, "").is_again() && !error.is_again(), "is_again");
    ok(Error(ESHUTDOWN, "").is_shutdown() && !error.is_shutdown(), "is_shutdown");
    ok(Error(ECANCELED, "").is_cancelled() && !error.is_cancelled(), "is_cancelled");
    ok(Error(EBUSY, "").is_busy() && !Error(EBUSY, "").is_not_found(), "is_busy");
    errno = EXDEV;
    is(errno_of([] { auraio::throw_errno("it"); }), EXDEV, "throw_errno");
    is(errno_of([] { auraio::check(false, "it"); }), EXDEV, "check of what is false");
    is(errno_of([] { auraio::check(true, "it"); }), 0, "check of what is true");
    ok(throws<std::system_error>([&] { throw error; }), "it is a std::system_error");
}

static void timeouts()
{
    constexpr double infinite = std::numeric_limits<double>::infinity();

    is(Timeout(-1).ms(), -1, "an int is taken as it is");
    is(Timeout(7).ms(), 7, "any int");
    is(Timeout(7u).ms(), 7, "any integer");
    is(Timeout(std::int64_t{INT_MAX} + 1).ms(), -1, "too many are no limit");
    is(Timeout(std::int64_t{INT_MIN} - 1).ms(), INT_MIN, "too few stay invalid");
    is(Timeout::none().ms(), -1, "none");
    is(Timeout(5ms).ms(), 5, "milliseconds");
    is(Timeout(2s).ms(), 2000, "seconds");
    is(Timeout(1ns).ms(), 1, "rounded up");
    is(Timeout(1000001ns).ms(), 2, "rounded up");
    is(Timeout(0ms).ms(), 0, "nothing");
    is(Timeout(-5s).ms(), 0, "a time that is past");
    is(Timeout(std::chrono::hours::max()).ms(), -1, "forever");
    is(Timeout(std::chrono::milliseconds(INT_MAX)).ms(), INT_MAX, "the longest");
    is(Timeout(std::chrono::duration<double>(infinite)).ms(), -1, "infinity");
    is(Timeout(std::chrono::duration<double>(0.25)).ms(), 250, "a quarter");
}

static std::string logged;

static void log_function(auraio::LogLevel, std::string_view message)
{
    logged = "function ";
    logged += message;
}

template <typename F>
concept taken = requires(F &&handler)
{
    auraio::set_log_handler(std::forward<F>(handler));
};

static void log()
{
    auto handler = [count = 0](auraio::LogLevel level, std::string_view message) mutable {
        logged = std::to_string(++count) + (level == auraio::LogLevel::err ? " err " : " other ");
        logged += message;
    };
    int foreign = 0;
    Engine engine(Options().backend(auraio::Backend::threads));

    auraio::set_log_handler(handler);
    auraio_buffer_free(engine.handle(), &foreign);
    ok(logged.starts_with("1 err ") && logged.size() > 6, "a message reaches the handler");
    auraio::set_log_handler([](auraio::LogLevel, std::string_view message) { logged = message; });
    auraio_buffer_free(engine.handle(), &foreign);
    ok(!logged.starts_with("1 err ") && !logged.empty(), "and a lambda without captures");
    auraio::set_log_handler(log_function);
    auraio_buffer_free(engine.handle(), &foreign);
    ok(logged.starts_with("function ") && logged.size() > 9, "and a function");
    const auto constant = [&engine](auraio::LogLevel, std::string_view) {
        logged = engine ? "constant" : "";
    };
    using Constant = decltype(constant);
    static_assert(!taken<std::remove_const_t<Constant>> && !taken<Constant>);
    auraio::set_log_handler(constant);
    auraio_buffer_free(engine.handle(), &foreign);
    ok(logged == "constant", "and a constant");
    auraio::set_log_handler(nullptr);
    logged.clear();
    auraio_buffer_free(engine.handle(), &foreign);
    ok(logged.empty(), "silence");
}

static void names()
{
    is_text(auraio::version(), AURAIO_VERSION_STRING, "version");
    is(auraio::version_int(), AURAIO_VERSION, "version_int");
    is_text(auraio::phase_name(auraio::Phase::converged), "CONVERGED", "phase_name");
    is_text(auraio::backend_name(auraio::Backend::threads), "threads", "backend_name");
    is_text(auraio::feature_name(AURAIO_FEATURE_NODROP), auraio_feature_name(AURAIO_FEATURE_NODROP),
            "feature_name");
    const auraio::Features features = auraio::probe();
    ok(!features.kernel_release().empty(), "probe");
    ok(!auraio::in_callback(), "in_callback");
}

int main()
{
    every_option();
    options_refused();
    errors();
    timeouts();
    log();
    names();
    return done();
}

// SPDX-License-Identifier: Apache-2.0
// Statistics: snapshots whose getters are named as the fields of the C structures behind them.
#ifndef AURAIO_STATS_HPP
#define AURAIO_STATS_HPP

#include <auraio.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace auraio
{
inline namespace v0_1
{

// Where a target's controller stands; auraio_tuning(7). Since 0.1.
enum class Phase : int {
    baseline = AURAIO_PHASE_BASELINE,
    probing = AURAIO_PHASE_PROBING,
    steady = AURAIO_PHASE_STEADY,
    backoff = AURAIO_PHASE_BACKOFF,
    settling = AURAIO_PHASE_SETTLING,
    converged = AURAIO_PHASE_CONVERGED,
    passthrough = AURAIO_PHASE_PASSTHROUGH
};

inline std::string_view phase_name(Phase phase) noexcept
{
    return auraio_phase_name(static_cast<int>(phase));
}

// The whole engine; auraio_get_stats(3). Since 0.1.
class Stats
{
  public:
    explicit Stats(const auraio_stats_t &stats) noexcept : stats_(stats)
    {
    }

    std::int64_t ops_completed() const noexcept
    {
        return stats_.ops_completed;
    }
    std::int64_t ops_failed() const noexcept
    {
        return stats_.ops_failed;
    }
    std::int64_t bytes_transferred() const noexcept
    {
        return stats_.bytes_transferred;
    }
    double current_throughput_bps() const noexcept
    {
        return stats_.current_throughput_bps;
    }
    double p99_latency_ms() const noexcept
    {
        return stats_.p99_latency_ms;
    }
    int current_in_flight() const noexcept
    {
        return stats_.current_in_flight;
    }
    int optimal_in_flight() const noexcept
    {
        return stats_.optimal_in_flight;
    }
    int peak_in_flight() const noexcept
    {
        return stats_.peak_in_flight;
    }
    int optimal_batch_size() const noexcept
    {
        return stats_.optimal_batch_size;
    }
    int queued() const noexcept
    {
        return stats_.queued;
    }
    std::uint64_t adaptive_spills() const noexcept
    {
        return stats_.adaptive_spills;
    }
    std::uint64_t eagain_count() const noexcept
    {
        return stats_.eagain_count;
    }
    std::uint64_t submit_calls() const noexcept
    {
        return stats_.submit_calls;
    }
    std::uint64_t wait_calls() const noexcept
    {
        return stats_.wait_calls;
    }
    std::uint64_t resubmitted() const noexcept
    {
        return stats_.resubmitted;
    }
    std::uint64_t abandoned() const noexcept
    {
        return stats_.abandoned;
    }

    const auraio_stats_t &c_stats() const noexcept
    {
        return stats_;
    }

  private:
    auraio_stats_t stats_;
};

// One ring; auraio_get_ring_stats(3). flags() are AURAIO_RING_*. Since 0.1.
class RingStats
{
  public:
    RingStats(int ring_index, const auraio_ring_stats_t &stats) noexcept
        : stats_(stats), index_(ring_index)
    {
    }

    int ring_index() const noexcept
    {
        return index_;
    }
    std::int64_t ops_completed() const noexcept
    {
        return stats_.ops_completed;
    }
    std::int64_t bytes_transferred() const noexcept
    {
        return stats_.bytes_transferred;
    }
    int pending_count() const noexcept
    {
        return stats_.pending_count;
    }
    int peak_in_flight() const noexcept
    {
        return stats_.peak_in_flight;
    }
    int in_flight_limit() const noexcept
    {
        return stats_.in_flight_limit;
    }
    int batch_threshold() const noexcept
    {
        return stats_.batch_threshold;
    }
    double p99_latency_ms() const noexcept
    {
        return stats_.p99_latency_ms;
    }
    double throughput_bps() const noexcept
    {
        return stats_.throughput_bps;
    }
    Phase phase() const noexcept
    {
        return static_cast<Phase>(stats_.phase);
    }
    std::string_view phase_name() const noexcept
    {
        return auraio_phase_name(stats_.phase);
    }
    int queue_depth() const noexcept
    {
        return stats_.queue_depth;
    }
    unsigned flags() const noexcept
    {
        return stats_.flags;
    }

    const auraio_ring_stats_t &c_stats() const noexcept
    {
        return stats_;
    }

  private:
    auraio_ring_stats_t stats_;
    int index_;
};

// One storage device; auraio_get_target_stats(3). Since 0.1.
class TargetStats
{
  public:
    explicit TargetStats(const auraio_target_stats_t &stats) noexcept : stats_(stats)
    {
    }

    unsigned dev_major() const noexcept
    {
        return stats_.dev_major;
    }
    unsigned dev_minor() const noexcept
    {
        return stats_.dev_minor;
    }
    int limit() const noexcept
    {
        return stats_.limit;
    }
    int in_flight() const noexcept
    {
        return stats_.in_flight;
    }
    int queued() const noexcept
    {
        return stats_.queued;
    }
    Phase phase() const noexcept
    {
        return static_cast<Phase>(stats_.phase);
    }
    std::string_view phase_name() const noexcept
    {
        return auraio_phase_name(stats_.phase);
    }
    int knee() const noexcept
    {
        return stats_.knee;
    }
    double baseline_p99_ms() const noexcept
    {
        return stats_.baseline_p99_ms;
    }
    double p99_latency_ms() const noexcept
    {
        return stats_.p99_latency_ms;
    }
    double iops() const noexcept
    {
        return stats_.iops;
    }
    double throughput_bps() const noexcept
    {
        return stats_.throughput_bps;
    }
    std::uint64_t searches() const noexcept
    {
        return stats_.searches;
    }
    std::uint64_t limit_changes() const noexcept
    {
        return stats_.limit_changes;
    }

    const auraio_target_stats_t &c_stats() const noexcept
    {
        return stats_;
    }

  private:
    auraio_target_stats_t stats_;
};

// The buffer pool. Since 0.1.
class BufferStats
{
  public:
    explicit BufferStats(const auraio_buffer_stats_t &stats) noexcept : stats_(stats)
    {
    }

    std::uint64_t total_allocated_bytes() const noexcept
    {
        return stats_.total_allocated_bytes;
    }
    std::uint64_t total_buffers() const noexcept
    {
        return stats_.total_buffers;
    }
    std::uint64_t cached_bytes() const noexcept
    {
        return stats_.cached_bytes;
    }
    int shard_count() const noexcept
    {
        return stats_.shard_count;
    }

    const auraio_buffer_stats_t &c_stats() const noexcept
    {
        return stats_;
    }

  private:
    auraio_buffer_stats_t stats_;
};

// Latencies of one ring; auraio_get_histogram(3). The object is 7 KiB. Since 0.1.
class Histogram
{
  public:
    static constexpr int bucket_count = AURAIO_HISTOGRAM_BUCKETS;

    explicit Histogram(const auraio_histogram_t &histogram) noexcept : histogram_(histogram)
    {
    }

    // Samples in one bucket, and where it begins and ends; std::out_of_range when there is none.
    std::uint32_t bucket(int i) const
    {
        return histogram_.buckets[in_range(i)];
    }
    double bucket_lower_us(int i) const
    {
        in_range(i);
        return auraio_histogram_bucket_lower_us(&histogram_, i);
    }
    double bucket_upper_us(int i) const
    {
        in_range(i);
        return auraio_histogram_bucket_upper_us(&histogram_, i);
    }

    // In ms; -1 when there are no samples or the percentile lies outside 0..100.
    double percentile(double percentile) const noexcept
    {
        return auraio_histogram_percentile(&histogram_, percentile);
    }

    std::uint32_t overflow() const noexcept
    {
        return histogram_.overflow;
    }
    std::uint64_t total_count() const noexcept
    {
        return histogram_.total_count;
    }
    std::uint64_t max_tracked_us() const noexcept
    {
        return histogram_.max_tracked_us;
    }

    const auraio_histogram_t &c_histogram() const noexcept
    {
        return histogram_;
    }

  private:
    static int in_range(int i)
    {
        if (i < 0 || i >= bucket_count)
            throw std::out_of_range("auraio: no such bucket");
        return i;
    }

    auraio_histogram_t histogram_;
};

} // namespace v0_1
} // namespace auraio

#endif

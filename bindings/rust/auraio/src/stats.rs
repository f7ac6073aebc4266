// SPDX-License-Identifier: Apache-2.0
//! What an engine has done and does. Getters have the names of the C fields; `auraio_get_stats(3)`
//! and its neighbours tell their meaning and unit.

use crate::options::mirror;
use auraio_sys as sys;
use std::fmt;

mirror! {
    /// Where a controller stands; `auraio_tuning(7)`.
    Phase: sys::auraio_phase_t {
        /// Measures where the search starts.
        Baseline = AURAIO_PHASE_BASELINE,
        /// Compares depths.
        Probing = AURAIO_PHASE_PROBING,
        /// The limit holds and is watched.
        Steady = AURAIO_PHASE_STEADY,
        /// The limit was cut.
        Backoff = AURAIO_PHASE_BACKOFF,
        /// The result of a search is checked.
        Settling = AURAIO_PHASE_SETTLING,
        /// Steady for more than 5 s.
        Converged = AURAIO_PHASE_CONVERGED,
        /// The application sets the pace.
        Passthrough = AURAIO_PHASE_PASSTHROUGH,
    }
}

macro_rules! view {
    ($(#[$doc:meta])* $name:ident($c:ty) { $($(#[$item_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub(crate) $c);
        impl $name {
            $($(#[$item_doc])* pub fn $field(&self) -> $type { self.0.$field })*
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.0.$field))*.finish()
            }
        }
    };
}

view! {
    /// The whole engine.
    Stats(sys::auraio_stats_t) {
        /// Operations completed.
        ops_completed: i64,
        /// Of these, with an error.
        ops_failed: i64,
        /// Bytes.
        bytes_transferred: i64,
        /// Bytes per second, window.
        current_throughput_bps: f64,
        /// Device latency in ms, window.
        p99_latency_ms: f64,
        /// In the kernel now.
        current_in_flight: i32,
        /// Limits in force, all devices.
        optimal_in_flight: i32,
        /// Most in flight so far.
        peak_in_flight: i32,
        /// Batch threshold now; 0 for no number.
        optimal_batch_size: i32,
        /// Held back now.
        queued: i32,
        /// Sent to another CPU's ring.
        adaptive_spills: u64,
        /// Calls refused or cut short with `EAGAIN`.
        eagain_count: u64,
        /// System calls that handed over submissions.
        submit_calls: u64,
        /// Sleeps of wait and run.
        wait_calls: u64,
        /// Operations run again or continued.
        resubmitted: u64,
        /// Operations given up.
        abandoned: u64,
    }
}
view! {
    /// One ring.
    RingStats(sys::auraio_ring_stats_t) {
        /// Operations completed.
        ops_completed: i64,
        /// Bytes.
        bytes_transferred: i64,
        /// In flight or held back now.
        pending_count: i32,
        /// Most in flight so far.
        peak_in_flight: i32,
        /// Limit of the device it works for most.
        in_flight_limit: i32,
        /// Batch threshold.
        batch_threshold: i32,
        /// Device latency in ms, window.
        p99_latency_ms: f64,
        /// Bytes per second, window.
        throughput_bps: f64,
        /// Operations it may hold.
        queue_depth: i32,
        /// `AURAIO_RING_*`.
        flags: u32,
    }
}
view! {
    /// One device.
    TargetStats(sys::auraio_target_stats_t) {
        /// Its number.
        dev_major: u32,
        /// Its number.
        dev_minor: u32,
        /// Operations in flight that it may have.
        limit: i32,
        /// In flight now.
        in_flight: i32,
        /// Held back for it.
        queued: i32,
        /// Smallest depth with nearly full throughput; 0 when not known.
        knee: i32,
        /// Device latency in ms where the last search began.
        baseline_p99_ms: f64,
        /// Device latency in ms, window.
        p99_latency_ms: f64,
        /// Operations per second, window.
        iops: f64,
        /// Bytes per second, window.
        throughput_bps: f64,
        /// Searches begun.
        searches: u64,
        /// Changes of the limit.
        limit_changes: u64,
    }
}
view! {
    /// The buffer pool.
    BufferStats(sys::auraio_buffer_stats_t) {
        /// Had from the system.
        total_allocated_bytes: u64,
        /// Their number.
        total_buffers: u64,
        /// Kept for reuse.
        cached_bytes: u64,
        /// Shards.
        shard_count: i32,
    }
}

impl RingStats {
    /// Of the device it works for most.
    pub fn phase(&self) -> Option<Phase> {
        Phase::from_c(self.0.phase)
    }
}

impl TargetStats {
    /// Of its controller.
    pub fn phase(&self) -> Option<Phase> {
        Phase::from_c(self.0.phase)
    }
}

/// Device latencies of a ring, in log-linear buckets.
#[derive(Clone)]
pub struct Histogram(pub(crate) Box<sys::auraio_histogram_t>);

impl Histogram {
    /// Number of buckets.
    pub const BUCKETS: usize = sys::AURAIO_HISTOGRAM_BUCKETS as usize;

    /// Samples in a bucket.
    pub fn bucket(&self, i: usize) -> Option<u32> {
        self.0.buckets.get(i).copied()
    }

    /// Where a bucket begins, in us.
    pub fn bucket_lower_us(&self, i: usize) -> Option<f64> {
        // SAFETY: reads the histogram.
        let us = unsafe { sys::auraio_histogram_bucket_lower_us(&*self.0, i32::try_from(i).ok()?) };
        (us >= 0.0).then_some(us)
    }

    /// Where a bucket ends, in us.
    pub fn bucket_upper_us(&self, i: usize) -> Option<f64> {
        // SAFETY: reads the histogram.
        let us = unsafe { sys::auraio_histogram_bucket_upper_us(&*self.0, i32::try_from(i).ok()?) };
        (us >= 0.0).then_some(us)
    }

    /// The latency in ms that so many percent of the samples do not exceed; `None` without samples
    /// or outside of 0 to 100.
    pub fn percentile(&self, percentile: f64) -> Option<f64> {
        // SAFETY: reads the histogram.
        let ms = unsafe { sys::auraio_histogram_percentile(&*self.0, percentile) };
        (ms >= 0.0).then_some(ms)
    }

    /// Samples beyond the last bucket.
    pub fn overflow(&self) -> u32 {
        self.0.overflow
    }

    /// Samples, these included.
    pub fn total_count(&self) -> u64 {
        self.0.total_count
    }

    /// Every latency up to this has a bucket.
    pub fn max_tracked_us(&self) -> u64 {
        self.0.max_tracked_us
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram").field("total_count", &self.0.total_count).finish()
    }
}

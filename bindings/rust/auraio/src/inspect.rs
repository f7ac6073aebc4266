// SPDX-License-Identifier: Apache-2.0
//! What can be asked of an engine.

use crate::error::check;
use crate::{
    BufferStats, Engine, Error, Features, Histogram, Result, RingStats, Stats, TargetStats,
};
use auraio_sys as sys;
use std::io;
use std::mem::zeroed;
use std::os::raw::c_void;

impl Engine {
    /// The error with which a ring failed for good.
    pub fn fatal_error(&self) -> Option<Error> {
        match unsafe { sys::auraio_get_fatal_error(self.as_ptr()) } {
            errno if errno > 0 => Some(Error::Io(io::Error::from_raw_os_error(errno))),
            _ => None,
        }
    }

    /// The whole engine.
    ///
    /// # Errors
    /// `EOWNERDEAD` in a forked child.
    pub fn stats(&self) -> Result<Stats> {
        // SAFETY: numbers, which may all be zero, written here alone; so below.
        unsafe {
            let mut stats = Stats(zeroed());
            check(sys::auraio_get_stats(self.as_ptr(), &mut stats.0))?;
            Ok(stats)
        }
    }

    /// Number of rings.
    ///
    /// # Errors
    /// None: this engine lives.
    pub fn ring_count(&self) -> Result<usize> {
        check(unsafe { sys::auraio_get_ring_count(self.as_ptr()) }).map(|n| n as usize)
    }

    /// One ring.
    ///
    /// # Errors
    /// `EINVAL` when there is no such ring; else as [`Engine::stats`].
    pub fn ring_stats(&self, ring: usize) -> Result<RingStats> {
        unsafe {
            let mut stats = RingStats(zeroed());
            check(sys::auraio_get_ring_stats(self.as_ptr(), index(ring), &mut stats.0))?;
            Ok(stats)
        }
    }

    /// Number of devices.
    ///
    /// # Errors
    /// None: this engine lives.
    pub fn target_count(&self) -> Result<usize> {
        check(unsafe { sys::auraio_get_target_count(self.as_ptr()) }).map(|n| n as usize)
    }

    /// One device.
    ///
    /// # Errors
    /// `EINVAL` when there is no such device; else as [`Engine::stats`].
    pub fn target_stats(&self, target: usize) -> Result<TargetStats> {
        unsafe {
            let mut stats = TargetStats(zeroed());
            check(sys::auraio_get_target_stats(self.as_ptr(), index(target), &mut stats.0))?;
            Ok(stats)
        }
    }

    /// Device latencies of one ring.
    ///
    /// # Errors
    /// As [`Engine::ring_stats`].
    pub fn histogram(&self, ring: usize) -> Result<Histogram> {
        unsafe {
            let mut histogram = Histogram(Box::new(zeroed()));
            check(sys::auraio_get_histogram(self.as_ptr(), index(ring), &mut *histogram.0))?;
            Ok(histogram)
        }
    }

    /// The buffer pool.
    ///
    /// # Errors
    /// As [`Engine::stats`].
    pub fn buffer_stats(&self) -> Result<BufferStats> {
        unsafe {
            let mut stats = BufferStats(zeroed());
            check(sys::auraio_get_buffer_stats(self.as_ptr(), &mut stats.0))?;
            Ok(stats)
        }
    }

    /// Where the published statistics lie, and how many bytes they are: for `auraio_prom_format(3)`.
    /// Valid as long as the engine, which changes them.
    ///
    /// # Errors
    /// As [`Engine::stats`].
    pub fn stats_segment(&self) -> Result<(*const c_void, usize)> {
        let mut size = 0;
        // SAFETY: the size is written here alone.
        let segment = unsafe { sys::auraio_stats_segment(self.as_ptr(), &mut size) };
        if segment.is_null() {
            return Err(Error::last_os());
        }
        Ok((segment, size))
    }

    /// What the kernel has and this engine uses.
    ///
    /// # Errors
    /// As [`Engine::stats`].
    pub fn features(&self) -> Result<Features> {
        unsafe {
            let mut features = Features(zeroed());
            check(sys::auraio_get_features(self.as_ptr(), &mut features.0))?;
            Ok(features)
        }
    }
}

fn index(i: usize) -> i32 {
    i32::try_from(i).unwrap_or(i32::MAX)
}

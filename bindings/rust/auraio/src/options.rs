// SPDX-License-Identifier: Apache-2.0
//! How an engine is to be.

use crate::{Error, Result};
use auraio_sys as sys;
use std::mem::MaybeUninit;

/// An enumeration of C, which may get further values in a later version.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident: $c:ty { $($(#[$item_doc:meta])* $item:ident = $value:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$item_doc])* $item,)* }
        impl $name {
            #[allow(dead_code)]
            pub(crate) fn to_c(self) -> $c {
                match self { $($name::$item => sys::$value,)* }
            }
            #[allow(dead_code)]
            pub(crate) fn from_c(value: $c) -> Option<Self> {
                match value { $(sys::$value => Some($name::$item),)* _ => None }
            }
        }
    };
}
pub(crate) use mirror;

mirror! {
    /// Which ring takes a submission.
    RingSelect: sys::auraio_ring_select_t {
        /// The ring of this CPU, or a lighter one when that is loaded.
        Adaptive = AURAIO_SELECT_ADAPTIVE,
        /// Always the ring of this CPU.
        CpuLocal = AURAIO_SELECT_CPU_LOCAL,
        /// Each ring in turn.
        RoundRobin = AURAIO_SELECT_ROUND_ROBIN,
    }
}
mirror! {
    /// What becomes of a submission beyond the limit of its device.
    Overflow: sys::auraio_overflow_t {
        /// Held in the library and started later.
        Queue = AURAIO_OVERFLOW_QUEUE,
        /// Refused with `EAGAIN`.
        Eagain = AURAIO_OVERFLOW_EAGAIN,
        /// The caller is held until there is room.
        Block = AURAIO_OVERFLOW_BLOCK,
    }
}
mirror! {
    /// The control law.
    Control: sys::auraio_control_t {
        /// The knee of throughput over depth.
        Knee = AURAIO_CONTROL_KNEE,
        /// Additive increase, multiplicative decrease.
        Aimd = AURAIO_CONTROL_AIMD,
    }
}
mirror! {
    /// What serves the operations.
    Backend: sys::auraio_backend_t {
        /// io_uring, and threads where it is refused.
        Auto = AURAIO_BACKEND_AUTO,
        /// io_uring or an error.
        Uring = AURAIO_BACKEND_URING,
        /// Threads.
        Threads = AURAIO_BACKEND_THREADS,
    }
}

/// Options of an engine. Each setter has the name of the field in `auraio_options_t`, where its
/// meaning, unit and default stand: `auraio_options_init(3)`.
///
/// ```
/// let options = auraio::Options::new().queue_depth(64).max_p99_latency_ms(2.0);
/// let engine = auraio::Engine::with_options(&options)?;
/// # Ok::<(), auraio::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Options(sys::auraio_options_t);

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty $(=> $convert:ident)?,)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $field(mut self, value: $type) -> Self {
            self.0.$field = value$(.$convert())?;
            self
        })*
    };
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        let mut options = MaybeUninit::uninit();
        // SAFETY: auraio_options_init sets every field.
        unsafe {
            sys::auraio_options_init(options.as_mut_ptr());
            Options(options.assume_init())
        }
    }

    setters! {
        /// Most operations one ring holds.
        queue_depth: i32,
        /// Rings; 0 for one per CPU.
        ring_count: i32,
        /// Where the first search starts; 0 for the law's own.
        initial_in_flight: i32,
        /// Floor of a limit; 0 for the law's own.
        min_in_flight: i32,
        /// Ceiling of the P99 of device latency in ms; 0 for none.
        max_p99_latency_ms: f64,
        /// Alignment of pool buffers in bytes.
        buffer_alignment: usize,
        /// No control.
        disable_adaptive: bool,
        /// Ask for the kernel's polling thread.
        enable_sqpoll: bool,
        /// One thread owns the engine. A call from another fails with `EPERM`.
        single_thread: bool,
        /// Report short transfers as they are.
        report_short: bool,
        /// A plain descriptor that is registered uses its registered slot.
        resolve_registered_files: bool,
        /// The control law.
        control: Control => to_c,
        /// Beyond the limit.
        overflow: Overflow => to_c,
        /// Which ring.
        ring_select: RingSelect => to_c,
        /// Idle time in ms of the kernel's polling thread.
        sqpoll_idle_ms: i32,
        /// Submissions that are gathered for one system call; -1 lets the library choose.
        batch_threshold: i32,
        /// What serves the operations.
        backend: Backend => to_c,
        /// Workers of the thread backend; 0 lets the library choose.
        backend_threads: i32,
        /// Statistics in shared memory: -1 where the directory exists, 0 never, 1 make it.
        publish_stats: i32,
    }

    /// The label in published statistics, up to 31 bytes without NUL.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a longer one, or one with a NUL.
    pub fn name(mut self, name: &str) -> Result<Self> {
        if name.len() >= self.0.name.len() || name.contains('\0') {
            return Err(Error::InvalidArgument("a name has up to 31 bytes and no NUL"));
        }
        self.0.name = [0; sys::AURAIO_NAME_MAX as usize];
        for (to, from) in self.0.name.iter_mut().zip(name.bytes()) {
            *to = from as _;
        }
        Ok(self)
    }

    pub(crate) fn is_single_thread(&self) -> bool {
        self.0.single_thread
    }

    pub(crate) fn as_ptr(&self) -> *const sys::auraio_options_t {
        &self.0
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

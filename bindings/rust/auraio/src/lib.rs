// SPDX-License-Identifier: Apache-2.0
//! Asynchronous file I/O on io_uring that finds its own queue depth: the Rust side of libauraio.
//!
//! An [`Engine`] takes operations from any thread, has as many of them in the kernel as each
//! storage device can use, and calls back, or completes a future. Where io_uring is refused, as in
//! most containers, the same program runs on threads. The manual, `man 7 auraio`, is the long
//! form of all of this; functions here have the names of their C counterparts without the prefix.
//!
//! ```
//! # fn main() -> auraio::Result<()> {
//! use auraio::Engine;
//!
//! let engine = Engine::new()?;
//! let file = std::fs::File::open("/etc/os-release").map_err(auraio::Error::Io)?;
//! let read = engine.read_at(file, engine.allocate_buffer(4096)?, 0);
//! let (result, buffer) = engine.block_on(read)?;
//! println!("{} bytes", result?);
//! # let _ = buffer;
//! # Ok(()) }
//! ```
//!
//! # What is safe, and why
//!
//! | what | safe | why |
//! | --- | --- | --- |
//! | [`Engine::read_at`] and all of [`owned`] | yes | descriptor, buffer and path travel with the operation |
//! | dropping a future of [`owned`] | yes | it asks to stop; what it owned stays until the kernel is done |
//! | dropping that of [`Engine::close_file`] | yes | it closes all the same, and so it does when it is cancelled |
//! | leaking such a future | yes | the operation keeps what it uses |
//! | [`Engine::read`], [`Engine::submit`], [`AsyncEngine`] | no | numbers and addresses: the caller keeps them good until the callback |
//! | dropping a future of [`AsyncEngine`] | see there | it does not cancel |
//! | [`Engine::register_buffers`] | no | the kernel keeps the addresses |
//! | [`RequestHandle`] | yes | an integer that is looked up; a stale one is recognised |
//! | [`Buffer`] after its engine | yes | its memory goes to the system then |
//! | a callback that panics | yes | it goes on in the caller of poll, wait, run or drain; when an engine is dropped it ends there |
//! | dropping the last [`Engine`] in a callback | yes | a thread ends the engine |
//! | [`Engine`] in a forked child | yes | calls fail with `EOWNERDEAD`; what a thread of the parent had locked is left as it is |
//!
//! # Features
//!
//! `async` (default): futures, [`Driver`], [`Engine::block_on`]. `tokio`: `Engine::drive`.
#![deny(unsafe_op_in_unsafe_fn)]

mod buffer;
mod callback;
mod engine;
mod error;
mod features;
mod fork;
mod inspect;
mod life;
mod log;
mod op;
mod options;
mod request;
mod settings;
mod stats;
mod submit;

#[cfg(feature = "async")]
mod async_engine;
#[cfg(feature = "async")]
mod completion;
#[cfg(feature = "async")]
mod driver;
#[cfg(feature = "async")]
mod future;
#[cfg(feature = "async")]
pub mod owned;
#[cfg(feature = "async")]
mod waiters;

#[cfg(test)]
mod tests;

pub use auraio_sys as sys;

pub use buffer::{Buffer, BufferRef};
pub use engine::Engine;
pub use error::{Error, Result};
pub use features::Features;
pub use log::{clear_log_handler, set_log_handler, LogLevel};
pub use op::Op;
pub use options::{Backend, Control, Options, Overflow, RingSelect};
pub use request::{OpType, RequestHandle};
pub use stats::{BufferStats, Histogram, Phase, RingStats, Stats, TargetStats};

#[cfg(feature = "async")]
pub use async_engine::{AsyncEngine, IoFuture};
#[cfg(feature = "async")]
pub use driver::Driver;

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, RawFd};

/// The version of the library that runs, such as "0.1.0".
pub fn version() -> &'static str {
    // SAFETY: a constant string.
    unsafe { CStr::from_ptr(sys::auraio_version()) }.to_str().unwrap_or("?")
}

/// The same as one number: major * 10000 + minor * 100 + patch.
pub fn version_int() -> i32 {
    // SAFETY: no arguments.
    unsafe { sys::auraio_version_int() }
}

/// Names a registered file in place of a descriptor.
pub fn fixed_file(index: i32) -> RawFd {
    sys::auraio_fixed_file(index)
}

/// Whether this thread is inside a callback, of any engine.
pub fn in_callback() -> bool {
    // SAFETY: no arguments.
    unsafe { sys::auraio_in_callback() }
}

/// What `O_DIRECT` on this file needs, in bytes: the alignment of memory, and that of offset and
/// length. Asks the file system, so it may block.
///
/// # Errors
/// Those of statx(2).
pub fn file_alignment(file: impl AsFd) -> Result<(usize, usize)> {
    let (mut memory, mut offset) = (0, 0);
    // SAFETY: the descriptor is open, and both are written here alone.
    error::check(unsafe {
        sys::auraio_file_alignment(file.as_fd().as_raw_fd(), &mut memory, &mut offset)
    })?;
    Ok((memory, offset))
}

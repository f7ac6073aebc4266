// SPDX-License-Identifier: Apache-2.0
//! What the kernel has and what is used.

use crate::{error::check, Backend, OpType, Result};
use auraio_sys as sys;
use std::ffi::CStr;
use std::fmt;
use std::os::raw::c_char;

/// What the kernel offers and an engine uses; `auraio_probe(3)`.
#[derive(Clone, Copy)]
pub struct Features(pub(crate) sys::auraio_features_t);

fn text(chars: &[c_char]) -> String {
    // SAFETY: the library ends its strings with NUL, inside the array.
    unsafe { CStr::from_ptr(chars.as_ptr()) }.to_string_lossy().into_owned()
}

impl Features {
    /// What an engine made now would find.
    ///
    /// # Errors
    /// `ENOMEM`; that the kernel refuses io_uring is none, [`Features::reason`] tells it.
    pub fn probe() -> Result<Self> {
        // SAFETY: integers and characters, which may all be zero.
        let mut features = Features(unsafe { std::mem::zeroed() });
        // SAFETY: written here alone.
        check(unsafe { sys::auraio_probe(&mut features.0) })?;
        Ok(features)
    }

    /// What is used.
    pub fn backend(&self) -> Option<Backend> {
        Backend::from_c(self.0.backend)
    }

    /// Why not io_uring: an errno, positive; 0 when it is used or threads were asked for.
    pub fn uring_errno(&self) -> i32 {
        self.0.uring_errno
    }

    /// The same in words.
    pub fn reason(&self) -> String {
        text(&self.0.reason)
    }

    /// As uname(2).
    pub fn kernel_release(&self) -> String {
        text(&self.0.kernel_release)
    }

    /// The version of liburing that the library was built with.
    pub fn liburing_built(&self) -> String {
        text(&self.0.liburing_built)
    }

    /// The version of liburing that runs.
    pub fn liburing_running(&self) -> String {
        text(&self.0.liburing_running)
    }

    /// Bits of `AURAIO_FEATURE_*`.
    pub fn available(&self) -> u64 {
        self.0.available
    }

    /// Of these, those in use.
    pub fn used(&self) -> u64 {
        self.0.used
    }

    /// Whether the kernel has an operation.
    pub fn has_op(&self, op: OpType) -> bool {
        self.0.available >> (sys::AURAIO_FEATURE_OP_FIRST + op.to_c()) & 1 == 1
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features")
            .field("backend", &self.backend())
            .field("reason", &self.reason())
            .field("kernel_release", &self.kernel_release())
            .field("available", &self.0.available)
            .field("used", &self.0.used)
            .finish()
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What is changed of an engine that runs: registered sets and settings.

use crate::engine::polled;
use crate::error::check;
use crate::{Engine, Result};
use auraio_sys as sys;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

impl Engine {
    /// Registers memory as buffers 0 and up for [`BufferRef::fixed`](crate::BufferRef::fixed).
    ///
    /// # Errors
    /// `EBUSY` when a set is registered, or drains; `EINVAL` for no buffers, over 16384, or an empty
    /// one; `ENOMEM`; `EPERM` and `EOWNERDEAD` as [`Engine::poll`]; or the error with which a ring
    /// failed for good.
    ///
    /// # Safety
    /// The memory stays valid and in place until the set is unregistered and drained, or the
    /// engine has ended.
    pub unsafe fn register_buffers(&self, buffers: &[libc::iovec]) -> Result<()> {
        let count = i32::try_from(buffers.len()).unwrap_or(i32::MAX);
        check(unsafe { sys::auraio_register_buffers(self.as_ptr(), buffers.as_ptr(), count) })
            .map(|_| ())
    }

    /// Ends the registration, waiting for its users; callbacks run meanwhile.
    ///
    /// # Errors
    /// `ENOENT` when nothing is registered; `ETIMEDOUT` when its users did not end within 10 s: it drains
    /// further; `EPERM` and `EOWNERDEAD` as [`Engine::poll`].
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn unregister_buffers(&self) -> Result<()> {
        polled(unsafe { sys::auraio_unregister_buffers(self.as_ptr()) }).map(|_| ())
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// `ENOENT`, `EPERM` and `EOWNERDEAD` as [`Engine::unregister_buffers`].
    pub fn request_unregister_buffers(&self) -> Result<()> {
        check(unsafe { sys::auraio_request_unregister_buffers(self.as_ptr()) }).map(|_| ())
    }

    /// Registers files as 0 and up for [`fixed_file`](crate::fixed_file); `None` is an empty slot.
    /// The library keeps duplicates, so the caller may close his own.
    ///
    /// # Errors
    /// `EINVAL` for none or over 32768; `EMFILE` when there are no descriptors left for the duplicates;
    /// `EBUSY`, `ENOMEM`, `EPERM`, `EOWNERDEAD` and the others of [`Engine::register_buffers`].
    pub fn register_files(&self, files: &[Option<BorrowedFd<'_>>]) -> Result<()> {
        let fds: Vec<RawFd> =
            files.iter().map(|fd| fd.as_ref().map_or(-1, |fd| fd.as_raw_fd())).collect();
        let count = i32::try_from(fds.len()).unwrap_or(i32::MAX);
        check(unsafe { sys::auraio_register_files(self.as_ptr(), fds.as_ptr(), count) }).map(|_| ())
    }

    /// Puts another file in a slot; `None` empties it.
    ///
    /// # Errors
    /// `EINVAL` when there is no such slot; `ENOENT` when no set is registered; `EBUSY` while it drains;
    /// `EMFILE`, `ENOMEM`, `EPERM` and `EOWNERDEAD`.
    pub fn update_file(&self, index: i32, file: Option<BorrowedFd<'_>>) -> Result<()> {
        let fd = file.map_or(-1, |fd| fd.as_raw_fd());
        check(unsafe { sys::auraio_update_file(self.as_ptr(), index, fd) }).map(|_| ())
    }

    /// Ends the registration, waiting for its users; callbacks run meanwhile.
    ///
    /// # Errors
    /// As [`Engine::unregister_buffers`].
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn unregister_files(&self) -> Result<()> {
        polled(unsafe { sys::auraio_unregister_files(self.as_ptr()) }).map(|_| ())
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// As [`Engine::request_unregister_buffers`].
    pub fn request_unregister_files(&self) -> Result<()> {
        check(unsafe { sys::auraio_request_unregister_files(self.as_ptr()) }).map(|_| ())
    }

    /// Ceiling of the P99 of device latency in ms; 0 for none.
    ///
    /// # Errors
    /// `EINVAL` for what is negative or not finite; `EPERM` and `EOWNERDEAD` as [`Engine::poll`].
    pub fn set_max_p99_latency(&self, ms: f64) -> Result<()> {
        check(unsafe { sys::auraio_set_max_p99_latency(self.as_ptr(), ms) }).map(|_| ())
    }

    /// Floor of a limit.
    ///
    /// # Errors
    /// `EINVAL` for what is negative; `EPERM` and `EOWNERDEAD`.
    pub fn set_min_in_flight(&self, n: i32) -> Result<()> {
        check(unsafe { sys::auraio_set_min_in_flight(self.as_ptr(), n) }).map(|_| ())
    }

    /// Top of a limit; 0 for none.
    ///
    /// # Errors
    /// As [`Engine::set_min_in_flight`].
    pub fn set_max_in_flight(&self, n: i32) -> Result<()> {
        check(unsafe { sys::auraio_set_max_in_flight(self.as_ptr(), n) }).map(|_| ())
    }

    /// Submissions that are gathered for one system call; -1 lets the library choose.
    ///
    /// # Errors
    /// `EINVAL` for what is below -1; `EPERM` and `EOWNERDEAD`.
    pub fn set_batch_threshold(&self, n: i32) -> Result<()> {
        check(unsafe { sys::auraio_set_batch_threshold(self.as_ptr(), n) }).map(|_| ())
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Submission of operations with closures, one at a time or as a batch. What a callback is given, or
//! a future of the pointer-based operations, is the result of the system call.

use crate::callback::{drop_user_data, into_user_data, trampoline};
use crate::{BufferRef, Engine, Error, Op, RequestHandle, Result};
use auraio_sys as sys;
use std::ffi::CStr;
use std::io;
use std::os::fd::RawFd;
use std::os::raw::c_void;
use std::ptr;

impl Engine {
    /// Submits a batch in order: one ring, one lock, one reading of the clock. Returns the handles
    /// of the operations that were accepted; behind them the rest, with the reason, when not all
    /// were.
    ///
    /// # Errors
    /// Of the first of the rest: [`Error::Submission`] with `EAGAIN` when there is no room: process
    /// completions and try again; `EINVAL` for an argument that the manual, `auraio_submit(3)`, calls
    /// invalid; `ENOENT`, `EBADF`, `EBUSY` or `EOVERFLOW` of a registered set; `EPERM` when the engine
    /// is `single_thread` and another thread's; `EOWNERDEAD` in a forked child; `ENOMEM`; or the error
    /// with which a ring failed for good.
    ///
    /// # Safety
    /// For each operation: descriptors stay open, memory and paths valid and in place, until its
    /// callback has run.
    pub unsafe fn submit(&self, ops: Vec<Op>) -> (Vec<RequestHandle>, Option<(Vec<Op>, Error)>) {
        let mut rest = ops;
        let mut handles = Vec::with_capacity(rest.len());
        let raw: Vec<sys::auraio_op_t> = rest.iter().map(|op| op.op).collect();
        while !rest.is_empty() {
            let raw = &raw[handles.len()..];
            let mut taken = vec![ptr::null_mut(); raw.len()];
            let accepted = unsafe {
                sys::auraio_submit(self.as_ptr(), raw.as_ptr(), raw.len(), taken.as_mut_ptr())
            };
            let why = io::Error::last_os_error();
            let Ok(accepted) = usize::try_from(accepted) else {
                return (handles, Some((rest, Error::Submission(why))));
            };
            for op in rest.drain(..accepted) {
                op.given_away();
            }
            handles.extend(taken[..accepted].iter().map(|&request| RequestHandle::new(request)));
        }
        (handles, None)
    }

    /// Submits one operation.
    ///
    /// # Errors
    /// [`Error::Submission`], as [`Engine::submit`]; its callback is dropped then, and not called.
    ///
    /// # Safety
    /// As [`Engine::submit`].
    pub unsafe fn submit_one(&self, op: Op) -> Result<RequestHandle> {
        let mut handle = ptr::null_mut();
        if unsafe { sys::auraio_submit(self.as_ptr(), &op.op, 1, &mut handle) } != 1 {
            return Err(Error::Submission(io::Error::last_os_error()));
        }
        op.given_away();
        Ok(RequestHandle::new(handle))
    }

    /// pread(2) of `len` bytes at `offset`.
    ///
    /// # Errors
    /// As [`Engine::submit_one`].
    ///
    /// # Safety
    /// The descriptor stays open, and the memory valid, in place and untouched, until the
    /// callback has run.
    pub unsafe fn read<F>(
        &self,
        fd: RawFd,
        buf: BufferRef,
        len: usize,
        offset: i64,
        callback: F,
    ) -> Result<RequestHandle>
    where
        F: FnOnce(Result<usize>) + Send + 'static,
    {
        let data = into_user_data(callback);
        let function = Some(trampoline::<F> as unsafe extern "C" fn(_, _, _));
        let request =
            unsafe { sys::auraio_read(self.as_ptr(), fd, buf.to_c(), len, offset, function, data) };
        // SAFETY: the closure is that of the submission.
        unsafe { started::<F>(request, data) }
    }

    /// pwrite(2) of `len` bytes at `offset`.
    ///
    /// # Errors
    /// As [`Engine::submit_one`].
    ///
    /// # Safety
    /// As [`Engine::read`].
    pub unsafe fn write<F>(
        &self,
        fd: RawFd,
        buf: BufferRef,
        len: usize,
        offset: i64,
        callback: F,
    ) -> Result<RequestHandle>
    where
        F: FnOnce(Result<usize>) + Send + 'static,
    {
        let data = into_user_data(callback);
        let function = Some(trampoline::<F> as unsafe extern "C" fn(_, _, _));
        let request = unsafe {
            sys::auraio_write(self.as_ptr(), fd, buf.to_c(), len, offset, function, data)
        };
        // SAFETY: the closure is that of the submission.
        unsafe { started::<F>(request, data) }
    }
}

/// # Safety
/// `data` is the `into_user_data::<F>` of the submission that answered `request`.
unsafe fn started<F>(
    request: *mut sys::auraio_request_t,
    data: *mut c_void,
) -> Result<RequestHandle> {
    if request.is_null() {
        let why = io::Error::last_os_error();
        // SAFETY: refused, so no operation has it.
        unsafe { drop_user_data::<F>(data) };
        return Err(Error::Submission(why));
    }
    Ok(RequestHandle::new(request))
}

/// Declares the calls that are an [`Op`] with a callback, submitted.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*);)*) => {
        impl Engine {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As [`Engine::submit_one`].
            ///
            /// # Safety
            /// As [`Engine::submit`].
            pub unsafe fn $name<F>(&self, $($arg: $type,)* callback: F) -> Result<RequestHandle>
            where
                F: FnOnce(Result<usize>) + Send + 'static,
            {
                // SAFETY: the caller's promise.
                unsafe { self.submit_one(Op::$name($($arg),*).callback(callback)) }
            })*
        }
    };
}

calls! {
    /// preadv(2).
    readv(fd: RawFd, iov: &[libc::iovec], offset: i64);
    /// pwritev(2).
    writev(fd: RawFd, iov: &[libc::iovec], offset: i64);
    /// fsync(2).
    fsync(fd: RawFd);
    /// fdatasync(2).
    fdatasync(fd: RawFd);
    /// openat(2); the result is the new descriptor.
    openat(dirfd: RawFd, path: &CStr, flags: i32, mode: libc::mode_t);
    /// close(2); the descriptor is the library's from here on.
    close(fd: RawFd);
    /// statx(2).
    statx(dirfd: RawFd, path: &CStr, flags: i32, mask: u32, out: *mut libc::statx);
    /// fallocate(2).
    fallocate(fd: RawFd, mode: i32, offset: i64, len: i64);
    /// ftruncate(2).
    ftruncate(fd: RawFd, length: i64);
    /// sync_file_range(2).
    sync_file_range(fd: RawFd, offset: i64, len: i64, flags: u32);
    /// posix_fadvise(2).
    fadvise(fd: RawFd, offset: i64, len: i64, advice: i32);
    /// renameat2(2).
    renameat(old_dirfd: RawFd, old: &CStr, new_dirfd: RawFd, new: &CStr, flags: u32);
    /// unlinkat(2).
    unlinkat(dirfd: RawFd, path: &CStr, flags: i32);
    /// mkdirat(2).
    mkdirat(dirfd: RawFd, path: &CStr, mode: libc::mode_t);
    /// Nothing, by way of the kernel.
    nop();
}

// SPDX-License-Identifier: Apache-2.0
//! Operations before they are submitted.

use crate::callback::{drop_user_data, into_user_data, trampoline};
use crate::{BufferRef, Result};
use auraio_sys as sys;
use std::ffi::CStr;
use std::mem::zeroed;
use std::os::fd::RawFd;
use std::os::raw::c_void;
use std::ptr;
use std::time::Duration;

/// An operation with its callback. Making one does nothing and is safe; submitting it is not,
/// because it names descriptors and memory by number and address.
pub struct Op {
    pub(crate) op: sys::auraio_op_t,
    /// Frees the callback; `None` when there is none, or the library has it.
    discard: Option<unsafe fn(*mut c_void)>,
}

// SAFETY: numbers, addresses that are not followed here, and a closure that is Send.
unsafe impl Send for Op {}

impl Op {
    fn new(kind: sys::auraio_op_type_t, fd: RawFd) -> Self {
        // SAFETY: integers and pointers, which may all be zero.
        let mut op: sys::auraio_op_t = unsafe { zeroed() };
        op.type_ = kind;
        op.fd = fd;
        Op { op, discard: None }
    }

    fn transfer(
        kind: sys::auraio_op_type_t,
        fd: RawFd,
        buf: BufferRef,
        len: usize,
        offset: i64,
    ) -> Self {
        let mut this = Self::new(kind, fd);
        this.op.buf = buf.to_c();
        this.op.len = len;
        this.op.offset = offset;
        this
    }

    fn vectored(kind: sys::auraio_op_type_t, fd: RawFd, iov: &[libc::iovec], offset: i64) -> Self {
        let mut this = Self::new(kind, fd);
        this.op.iov = iov.as_ptr();
        this.op.iovcnt = i32::try_from(iov.len()).unwrap_or(i32::MAX);
        this.op.offset = offset;
        this
    }

    /// pread(2).
    pub fn read(fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> Self {
        Self::transfer(sys::AURAIO_OP_READ, fd, buf, len, offset)
    }

    /// pwrite(2).
    pub fn write(fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> Self {
        Self::transfer(sys::AURAIO_OP_WRITE, fd, buf, len, offset)
    }

    /// preadv(2).
    pub fn readv(fd: RawFd, iov: &[libc::iovec], offset: i64) -> Self {
        Self::vectored(sys::AURAIO_OP_READV, fd, iov, offset)
    }

    /// pwritev(2).
    pub fn writev(fd: RawFd, iov: &[libc::iovec], offset: i64) -> Self {
        Self::vectored(sys::AURAIO_OP_WRITEV, fd, iov, offset)
    }

    /// fsync(2).
    pub fn fsync(fd: RawFd) -> Self {
        Self::new(sys::AURAIO_OP_FSYNC, fd)
    }

    /// fdatasync(2).
    pub fn fdatasync(fd: RawFd) -> Self {
        Self::new(sys::AURAIO_OP_FDATASYNC, fd)
    }

    /// openat(2); `dirfd` may be `AT_FDCWD`. The result is the new descriptor.
    pub fn openat(dirfd: RawFd, path: &CStr, flags: i32, mode: libc::mode_t) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_OPENAT, dirfd);
        this.op.args.openat.path = path.as_ptr();
        this.op.args.openat.flags = flags;
        this.op.args.openat.mode = mode;
        this
    }

    /// close(2).
    pub fn close(fd: RawFd) -> Self {
        Self::new(sys::AURAIO_OP_CLOSE, fd)
    }

    /// statx(2) into `out`.
    pub fn statx(dirfd: RawFd, path: &CStr, flags: i32, mask: u32, out: *mut libc::statx) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_STATX, dirfd);
        this.op.args.statx.path = path.as_ptr();
        this.op.args.statx.out = out;
        this.op.args.statx.flags = flags;
        this.op.args.statx.mask = mask;
        this
    }

    /// fallocate(2).
    pub fn fallocate(fd: RawFd, mode: i32, offset: i64, len: i64) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_FALLOCATE, fd);
        this.op.offset = offset;
        this.op.args.fallocate.len = len;
        this.op.args.fallocate.mode = mode;
        this
    }

    /// ftruncate(2).
    pub fn ftruncate(fd: RawFd, length: i64) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_FTRUNCATE, fd);
        this.op.args.ftruncate.length = length;
        this
    }

    /// sync_file_range(2).
    pub fn sync_file_range(fd: RawFd, offset: i64, len: i64, flags: u32) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_SYNC_FILE_RANGE, fd);
        this.op.offset = offset;
        this.op.args.sync_file_range.nbytes = len;
        this.op.args.sync_file_range.flags = flags;
        this
    }

    /// posix_fadvise(2).
    pub fn fadvise(fd: RawFd, offset: i64, len: i64, advice: i32) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_FADVISE, fd);
        this.op.offset = offset;
        this.op.args.fadvise.len = len;
        this.op.args.fadvise.advice = advice;
        this
    }

    /// renameat2(2).
    pub fn renameat(
        old_dirfd: RawFd,
        old: &CStr,
        new_dirfd: RawFd,
        new: &CStr,
        flags: u32,
    ) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_RENAMEAT, old_dirfd);
        this.op.args.renameat.oldpath = old.as_ptr();
        this.op.args.renameat.newpath = new.as_ptr();
        this.op.args.renameat.newdirfd = new_dirfd;
        this.op.args.renameat.flags = flags;
        this
    }

    /// unlinkat(2).
    pub fn unlinkat(dirfd: RawFd, path: &CStr, flags: i32) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_UNLINKAT, dirfd);
        this.op.args.unlinkat.path = path.as_ptr();
        this.op.args.unlinkat.flags = flags;
        this
    }

    /// mkdirat(2).
    pub fn mkdirat(dirfd: RawFd, path: &CStr, mode: libc::mode_t) -> Self {
        let mut this = Self::new(sys::AURAIO_OP_MKDIRAT, dirfd);
        this.op.args.mkdirat.path = path.as_ptr();
        this.op.args.mkdirat.mode = mode;
        this
    }

    /// Nothing, by way of the kernel.
    pub fn nop() -> Self {
        Self::new(sys::AURAIO_OP_NOP, -1)
    }

    /// The next operation of the batch starts when this has succeeded, and not at all when not.
    #[must_use]
    pub fn link(mut self) -> Self {
        self.op.flags |= sys::AURAIO_OPF_LINK;
        self
    }

    /// A short transfer is reported as it is.
    #[must_use]
    pub fn short(mut self) -> Self {
        self.op.flags |= sys::AURAIO_OPF_SHORT;
        self
    }

    /// `RWF_*` of preadv2(2).
    #[must_use]
    pub fn rw_flags(mut self, flags: i32) -> Self {
        self.op.rw_flags = flags;
        self
    }

    /// As ioprio_set(2) encodes it.
    #[must_use]
    pub fn ioprio(mut self, priority: u16) -> Self {
        self.op.ioprio = priority;
        self
    }

    /// It ends with `ETIME` when it has not been done in that time, from the submission on.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.op.timeout_ms = i32::try_from(time.as_millis().max(1)).unwrap_or(i32::MAX);
        self
    }

    /// What is called when it is done.
    #[must_use]
    pub fn callback<F>(mut self, callback: F) -> Self
    where
        F: FnOnce(Result<usize>) + Send + 'static,
    {
        self.discard_callback();
        self.op.callback = Some(trampoline::<F>);
        self.op.user_data = into_user_data(callback);
        self.discard = Some(drop_user_data::<F>);
        self
    }

    /// The same for what is no closure: `discard` frees the data of an operation that was not
    /// accepted.
    #[cfg(feature = "async")]
    pub(crate) fn raw_callback(
        mut self,
        callback: unsafe extern "C" fn(*mut sys::auraio_request_t, isize, *mut c_void),
        user_data: *mut c_void,
        discard: unsafe fn(*mut c_void),
    ) -> Self {
        self.discard_callback();
        self.op.callback = Some(callback);
        self.op.user_data = user_data;
        self.discard = Some(discard);
        self
    }

    /// The library has the callback.
    pub(crate) fn given_away(mut self) {
        self.discard = None;
    }

    fn discard_callback(&mut self) {
        if let Some(discard) = self.discard.take() {
            // SAFETY: it is the closure that callback() made, and the library does not have it.
            unsafe { discard(self.op.user_data) };
            self.op.user_data = ptr::null_mut();
        }
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        self.discard_callback();
    }
}

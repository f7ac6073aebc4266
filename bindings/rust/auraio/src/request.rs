// SPDX-License-Identifier: Apache-2.0
//! Operations under way.

use crate::options::mirror;
use crate::Error;
use auraio_sys as sys;
use std::os::fd::RawFd;
use std::os::raw::c_void;

mirror! {
    /// What an operation does.
    OpType: sys::auraio_op_type_t {
        /// pread(2)
        Read = AURAIO_OP_READ,
        /// pwrite(2)
        Write = AURAIO_OP_WRITE,
        /// preadv(2)
        Readv = AURAIO_OP_READV,
        /// pwritev(2)
        Writev = AURAIO_OP_WRITEV,
        /// fsync(2)
        Fsync = AURAIO_OP_FSYNC,
        /// fdatasync(2)
        Fdatasync = AURAIO_OP_FDATASYNC,
        /// openat(2)
        Openat = AURAIO_OP_OPENAT,
        /// close(2)
        Close = AURAIO_OP_CLOSE,
        /// statx(2)
        Statx = AURAIO_OP_STATX,
        /// fallocate(2)
        Fallocate = AURAIO_OP_FALLOCATE,
        /// ftruncate(2)
        Ftruncate = AURAIO_OP_FTRUNCATE,
        /// sync_file_range(2)
        SyncFileRange = AURAIO_OP_SYNC_FILE_RANGE,
        /// posix_fadvise(2)
        Fadvise = AURAIO_OP_FADVISE,
        /// renameat2(2)
        Renameat = AURAIO_OP_RENAMEAT,
        /// unlinkat(2)
        Unlinkat = AURAIO_OP_UNLINKAT,
        /// mkdirat(2)
        Mkdirat = AURAIO_OP_MKDIRAT,
        /// nothing
        Nop = AURAIO_OP_NOP,
    }
}

/// Names an operation. A handle is an integer, not an address: a stale one is recognised by the
/// library and never touches another operation, so it may be kept, copied and sent freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestHandle(pub(crate) usize);

impl RequestHandle {
    pub(crate) fn new(request: *mut sys::auraio_request_t) -> Self {
        RequestHandle(request as usize)
    }

    /// As the C API has it.
    pub fn as_ptr(&self) -> *mut sys::auraio_request_t {
        self.0 as *mut sys::auraio_request_t
    }

    /// Whether it is under way: its callback has not returned.
    pub fn is_pending(&self) -> bool {
        // SAFETY: the library looks handles up and follows none.
        unsafe { sys::auraio_request_pending(self.as_ptr()) }
    }

    /// The descriptor that it was given; `None` for a stale handle.
    pub fn fd(&self) -> Option<RawFd> {
        // SAFETY: as above.
        let fd = unsafe { sys::auraio_request_fd(self.as_ptr()) };
        self.op_type().map(|_| fd)
    }

    /// What the C library hands back to the callback; NULL for a stale handle.
    pub fn user_data(&self) -> *mut c_void {
        // SAFETY: as above.
        unsafe { sys::auraio_request_user_data(self.as_ptr()) }
    }

    /// To be asked inside its callback: the error that ended a transfer of which a part had moved, such
    /// as `ENOSPC` beside a count; `None` when there was none.
    pub fn error(&self) -> Option<Error> {
        // SAFETY: as above.
        let errno = unsafe { sys::auraio_request_error(self.as_ptr()) };
        (errno > 0).then(|| Error::from_raw_os_error(errno))
    }

    /// What it does; `None` for a stale handle.
    pub fn op_type(&self) -> Option<OpType> {
        // SAFETY: as above.
        OpType::from_c(unsafe { sys::auraio_request_op_type(self.as_ptr()) })
    }
}

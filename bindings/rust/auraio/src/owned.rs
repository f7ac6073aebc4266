// SPDX-License-Identifier: Apache-2.0
//! Operations that own what they use, so that none of this needs `unsafe`: descriptor, buffer and
//! path travel with the operation and come back in its output. A future that is dropped asks
//! the operation to stop; what it owned stays with the operation until the kernel is done with it.
//!
//! An operation is submitted by its call, not by the first poll of its future: several may be
//! started and awaited in any order.
//!
//! # Errors
//!
//! The output of every future here has one of these, where it has no success:
//!
//! - [`Error::Submission`]: not accepted; nothing has been done. `EAGAIN`: there is no room, so await
//!   what is under way first. `EINVAL`: an empty buffer, no buffers or over 1024, an offset over
//!   `i64::MAX`. `EPERM`: a `single_thread` engine of another thread. `EOWNERDEAD`: a forked child.
//!   `ENOMEM`. Or the error with which a ring failed for good, [`Engine::fatal_error`].
//! - [`Error::Cancelled`]: stopped by [`OwnedFuture::cancel`], [`Engine::cancel`] or
//!   [`Engine::cancel_fd`] before it did anything.
//! - [`Error::Io`]: what the system call that the operation is named after ended with.

use crate::{Buffer, Engine, Error, Op, Result};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

pub use crate::future::OwnedFuture;

/// A descriptor of any kind that an operation keeps open.
pub trait File: AsFd + Send + 'static {}
impl<F: AsFd + Send + 'static> File for F {}

/// The future of an operation on a file and a buffer.
pub type TransferFuture<F> = OwnedFuture<(F, Buffer), (Result<usize>, Buffer)>;
/// The same with several buffers. What is kept besides is the library's array.
pub type VectoredFuture<F> = OwnedFuture<(F, Vec<Buffer>, Vectors), (Result<usize>, Vec<Buffer>)>;
/// The future of an operation on a file alone.
pub type FileFuture<F> = OwnedFuture<F, Result<()>>;

/// The future of a statx.
pub type StatxFuture = OwnedFuture<(CString, Box<libc::statx>), Result<libc::statx>>;

/// The array that a vectored operation reads.
pub struct Vectors(Vec<libc::iovec>);
// SAFETY: addresses of buffers that travel along.
unsafe impl Send for Vectors {}

fn vectors(buffers: &[Buffer]) -> Vectors {
    Vectors(buffers.iter().map(Buffer::as_iovec).collect())
}

/// The output, when the file has been let go: should that panic, the output goes as well.
fn without<F, T>(file: F, output: T) -> T {
    drop(file);
    output
}

fn nothing<T>(result: Result<usize>, _kept: T) -> Result<()> {
    result.map(|_| ())
}

/// The end of a close: the number is gone, unless the operation did nothing.
fn closed(result: Result<usize>, file: OwnedFd) -> Result<()> {
    if !matches!(result, Err(Error::Submission(_) | Error::Cancelled)) {
        let _ = file.into_raw_fd();
    }
    result.map(|_| ())
}

/// The path for C; a NUL inside is an invalid argument.
fn c_path(path: impl AsRef<std::path::Path>) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_ref().as_os_str().as_bytes())
        .map_err(|_| Error::InvalidArgument("a path has no NUL"))
}

impl Engine {
    /// Reads `buf.len()` bytes at `offset`; fewer come at the end of the file.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn read_at<F: File>(&self, file: F, buf: Buffer, offset: u64) -> TransferFuture<F> {
        // SAFETY: file and buffer are kept, and a buffer's memory stays in place.
        unsafe {
            OwnedFuture::start(
                self,
                (file, buf),
                |(file, buf)| Op::read(raw(file), buf.to_ref(), buf.len(), signed(offset)),
                |result, (file, buf)| without(file, (result, buf)),
            )
        }
    }

    /// Writes `buf.len()` bytes at `offset`.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn write_at<F: File>(&self, file: F, buf: Buffer, offset: u64) -> TransferFuture<F> {
        // SAFETY: as read_at.
        unsafe {
            OwnedFuture::start(
                self,
                (file, buf),
                |(file, buf)| Op::write(raw(file), buf.to_ref(), buf.len(), signed(offset)),
                |result, (file, buf)| without(file, (result, buf)),
            )
        }
    }

    /// Reads into several buffers, one after the other.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn readv_at<F: File>(&self, file: F, bufs: Vec<Buffer>, offset: u64) -> VectoredFuture<F> {
        let iov = vectors(&bufs);
        // SAFETY: as read_at; the array is kept in place behind its pointer.
        unsafe {
            OwnedFuture::start(
                self,
                (file, bufs, iov),
                |(file, _, iov)| Op::readv(raw(file), &iov.0, signed(offset)),
                |result, (file, bufs, _)| without(file, (result, bufs)),
            )
        }
    }

    /// Writes several buffers, one after the other.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn writev_at<F: File>(&self, file: F, bufs: Vec<Buffer>, offset: u64) -> VectoredFuture<F> {
        let iov = vectors(&bufs);
        // SAFETY: as readv_at.
        unsafe {
            OwnedFuture::start(
                self,
                (file, bufs, iov),
                |(file, _, iov)| Op::writev(raw(file), &iov.0, signed(offset)),
                |result, (file, bufs, _)| without(file, (result, bufs)),
            )
        }
    }

    /// fsync(2): data and metadata of what was written before are on the device.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn sync_all<F: File>(&self, file: F) -> FileFuture<F> {
        // SAFETY: the file is kept; so below.
        unsafe { OwnedFuture::start(self, file, |file| Op::fsync(raw(file)), nothing) }
    }

    /// fdatasync(2).
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn sync_data<F: File>(&self, file: F) -> FileFuture<F> {
        unsafe { OwnedFuture::start(self, file, |file| Op::fdatasync(raw(file)), nothing) }
    }

    /// ftruncate(2).
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn set_file_len<F: File>(&self, file: F, len: u64) -> FileFuture<F> {
        unsafe {
            OwnedFuture::start(self, file, |file| Op::ftruncate(raw(file), signed(len)), nothing)
        }
    }

    /// fallocate(2).
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn allocate_file<F: File>(
        &self,
        file: F,
        mode: i32,
        offset: u64,
        len: u64,
    ) -> FileFuture<F> {
        let op = |file: &mut F| Op::fallocate(raw(file), mode, signed(offset), signed(len));
        unsafe { OwnedFuture::start(self, file, op, nothing) }
    }

    /// sync_file_range(2).
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn sync_range<F: File>(&self, file: F, offset: u64, len: u64, flags: u32) -> FileFuture<F> {
        let op = |file: &mut F| Op::sync_file_range(raw(file), signed(offset), signed(len), flags);
        unsafe { OwnedFuture::start(self, file, op, nothing) }
    }

    /// posix_fadvise(2).
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn advise<F: File>(&self, file: F, offset: u64, len: u64, advice: i32) -> FileFuture<F> {
        let op = |file: &mut F| Op::fadvise(raw(file), signed(offset), signed(len), advice);
        unsafe { OwnedFuture::start(self, file, op, nothing) }
    }

    /// Opens a file with the flags and mode of open(2); `O_CLOEXEC` is added.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a path with a NUL. Of the output: [these](self#errors).
    pub fn open(
        &self,
        path: impl AsRef<std::path::Path>,
        flags: i32,
        mode: libc::mode_t,
    ) -> Result<OwnedFuture<CString, Result<OwnedFd>>> {
        let path = c_path(path)?;
        // SAFETY: the path is kept, its bytes behind a pointer; the result is a new descriptor.
        Ok(unsafe {
            OwnedFuture::start(
                self,
                path,
                |path| Op::openat(libc::AT_FDCWD, path, flags | libc::O_CLOEXEC, mode),
                |result, _| result.map(|fd| OwnedFd::from_raw_fd(fd as i32)),
            )
        })
    }

    /// Closes a descriptor and tells what close(2) said. It is closed in any case: also when the
    /// future is dropped, which does not cancel this one, and when the operation is refused or
    /// cancelled.
    ///
    /// # Errors
    /// Of the output: [these](self#errors).
    pub fn close_file(&self, file: OwnedFd) -> FileFuture<OwnedFd> {
        // SAFETY: the file is kept, and given up when the operation has closed it.
        unsafe { OwnedFuture::start(self, file, |file| Op::close(raw(file)), closed) }.detached()
    }

    /// statx(2) of a path, with the fields of `mask`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a path with a NUL. Of the output: [these](self#errors).
    pub fn statx_path(
        &self,
        path: impl AsRef<std::path::Path>,
        flags: i32,
        mask: u32,
    ) -> Result<StatxFuture> {
        // SAFETY: numbers, which may all be zero.
        let kept = (c_path(path)?, Box::new(unsafe { std::mem::zeroed() }));
        // SAFETY: both are kept behind pointers.
        Ok(unsafe {
            OwnedFuture::start(
                self,
                kept,
                |(path, out)| Op::statx(libc::AT_FDCWD, path, flags, mask, &mut **out),
                |result, (_, out)| result.map(|_| *out),
            )
        })
    }

    /// rename(2).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a path with a NUL. Of the output: [these](self#errors).
    pub fn rename(
        &self,
        from: impl AsRef<std::path::Path>,
        to: impl AsRef<std::path::Path>,
    ) -> Result<OwnedFuture<(CString, CString), Result<()>>> {
        let kept = (c_path(from)?, c_path(to)?);
        let op = |(from, to): &mut (CString, CString)| {
            Op::renameat(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0)
        };
        // SAFETY: both paths are kept behind pointers.
        Ok(unsafe { OwnedFuture::start(self, kept, op, nothing) })
    }

    /// unlink(2).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a path with a NUL. Of the output: [these](self#errors).
    pub fn unlink(
        &self,
        path: impl AsRef<std::path::Path>,
    ) -> Result<OwnedFuture<CString, Result<()>>> {
        let op = |path: &mut CString| Op::unlinkat(libc::AT_FDCWD, path, 0);
        // SAFETY: the path is kept behind a pointer; so below.
        Ok(unsafe { OwnedFuture::start(self, c_path(path)?, op, nothing) })
    }

    /// mkdir(2).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a path with a NUL. Of the output: [these](self#errors).
    pub fn mkdir(
        &self,
        path: impl AsRef<std::path::Path>,
        mode: libc::mode_t,
    ) -> Result<OwnedFuture<CString, Result<()>>> {
        let op = move |path: &mut CString| Op::mkdirat(libc::AT_FDCWD, path, mode);
        Ok(unsafe { OwnedFuture::start(self, c_path(path)?, op, nothing) })
    }
}

fn raw(file: &impl AsFd) -> i32 {
    file.as_fd().as_raw_fd()
}

/// The library refuses what is negative, so an offset that is too large is `EINVAL`.
fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(-1)
}

// SPDX-License-Identifier: Apache-2.0
//! The pointer-based operations as futures.

use crate::owned::OwnedFuture;
use crate::{BufferRef, Engine, Error, Op, RequestHandle, Result};
use std::future::Future;
use std::os::fd::RawFd;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A pointer-based operation under way. **Dropping it does not cancel the operation**: its memory
/// and descriptor must stay good until it is done, which [`RequestHandle::is_pending`] tells.
#[must_use = "the operation goes on, and so do its demands, when this is dropped"]
#[derive(Debug)]
pub struct IoFuture(OwnedFuture<(), Result<usize>>);

impl IoFuture {
    /// The operation; `None` when it could not be submitted.
    pub fn request(&self) -> Option<RequestHandle> {
        self.0.request()
    }

    /// As [`OwnedFuture::error`](crate::owned::OwnedFuture::error).
    pub fn error(&self) -> Option<Error> {
        self.0.error()
    }
}

impl Future for IoFuture {
    type Output = Result<usize>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// # Safety
/// What the operation names stays good until it is done.
unsafe fn start(engine: &Engine, op: Op) -> IoFuture {
    // SAFETY: the caller's promise in the place of what is kept.
    IoFuture(unsafe { OwnedFuture::start(engine, (), |()| op, |result, ()| result) }.detached())
}

/// Pointer-based operations as futures. The operation is submitted by the call.
pub trait AsyncEngine {
    /// pread(2).
    ///
    /// # Safety
    /// Until the operation is done the descriptor stays open and the memory valid, in place and
    /// untouched, **also when the future is dropped**: that does not cancel.
    unsafe fn async_read(&self, fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> IoFuture;

    /// pwrite(2).
    ///
    /// # Safety
    /// As [`AsyncEngine::async_read`]: dropping the future does not cancel, and the memory must
    /// live on.
    unsafe fn async_write(&self, fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> IoFuture;

    /// preadv(2).
    ///
    /// # Safety
    /// As [`AsyncEngine::async_read`], the array included: dropping the future does not cancel, and
    /// the memory must live on.
    unsafe fn async_readv(&self, fd: RawFd, iov: &[libc::iovec], offset: i64) -> IoFuture;

    /// pwritev(2).
    ///
    /// # Safety
    /// As [`AsyncEngine::async_read`], the array included: dropping the future does not cancel, and
    /// the memory must live on.
    unsafe fn async_writev(&self, fd: RawFd, iov: &[libc::iovec], offset: i64) -> IoFuture;

    /// fsync(2).
    ///
    /// # Safety
    /// Until it is done the descriptor stays open, also when the future is dropped: that does not
    /// cancel.
    unsafe fn async_fsync(&self, fd: RawFd) -> IoFuture;

    /// fdatasync(2).
    ///
    /// # Safety
    /// As [`AsyncEngine::async_fsync`]: dropping the future does not cancel.
    unsafe fn async_fdatasync(&self, fd: RawFd) -> IoFuture;
}

// SAFETY of all: the caller's promise is that of start.
impl AsyncEngine for Engine {
    unsafe fn async_read(&self, fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> IoFuture {
        unsafe { start(self, Op::read(fd, buf, len, offset)) }
    }

    unsafe fn async_write(&self, fd: RawFd, buf: BufferRef, len: usize, offset: i64) -> IoFuture {
        unsafe { start(self, Op::write(fd, buf, len, offset)) }
    }

    unsafe fn async_readv(&self, fd: RawFd, iov: &[libc::iovec], offset: i64) -> IoFuture {
        unsafe { start(self, Op::readv(fd, iov, offset)) }
    }

    unsafe fn async_writev(&self, fd: RawFd, iov: &[libc::iovec], offset: i64) -> IoFuture {
        unsafe { start(self, Op::writev(fd, iov, offset)) }
    }

    unsafe fn async_fsync(&self, fd: RawFd) -> IoFuture {
        unsafe { start(self, Op::fsync(fd)) }
    }

    unsafe fn async_fdatasync(&self, fd: RawFd) -> IoFuture {
        unsafe { start(self, Op::fdatasync(fd)) }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Memory for operations.

use crate::life::Life;
use auraio_sys as sys;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::os::raw::c_void;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

/// A buffer of an engine's pool, aligned for `O_DIRECT`, zeroed when it is allocated. It may
/// outlive its engine; then its memory goes to the system.
pub struct Buffer {
    memory: NonNull<u8>,
    len: usize,
    capacity: usize,
    engine: NonNull<sys::auraio_engine_t>,
    life: Arc<Life>,
}

// SAFETY: it owns its memory, and any thread may free it.
unsafe impl Send for Buffer {}
unsafe impl Sync for Buffer {}

impl Buffer {
    /// # Safety
    /// `memory` is from `auraio_buffer_alloc` of this engine with `capacity` bytes at least, all
    /// written, and owned by nobody.
    pub(crate) unsafe fn own(
        memory: NonNull<u8>,
        capacity: usize,
        engine: NonNull<sys::auraio_engine_t>,
        life: Arc<Life>,
    ) -> Self {
        Buffer { memory, len: capacity, capacity, engine, life }
    }

    /// The bytes that operations transfer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes that were asked for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes `len` bytes count, up to the capacity. Those behind the old length are what they
    /// were when they last counted.
    ///
    /// # Panics
    /// When `len` is over the capacity.
    pub fn set_len(&mut self, len: usize) {
        assert!(len <= self.capacity, "{len} bytes in a buffer of {}", self.capacity);
        self.len = len;
    }

    /// Its bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: written when it was allocated, and ours.
        unsafe { slice::from_raw_parts(self.memory.as_ptr(), self.len) }
    }

    /// Its bytes, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and borrowed alone.
        unsafe { slice::from_raw_parts_mut(self.memory.as_ptr(), self.len) }
    }

    /// Its place, for the pointer-based calls. The buffer must live until they have called back.
    pub fn to_ref(&self) -> BufferRef {
        // SAFETY: an address; those that use it are unsafe themselves.
        unsafe { BufferRef::from_ptr(self.memory.as_ptr().cast()) }
    }

    #[cfg(any(feature = "async", test))]
    pub(crate) fn as_iovec(&self) -> libc::iovec {
        libc::iovec { iov_base: self.memory.as_ptr().cast(), iov_len: self.len }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it is ours, and no operation has it: operations own the buffers they use.
        unsafe { self.life.free(self.engine, self.memory) };
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("len", &self.len).field("capacity", &self.capacity).finish()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self.as_mut_slice()
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.as_mut_slice()
    }
}

/// Where the data of a pointer-based operation lies: an address, or a place in a registered
/// buffer. It borrows nothing: whoever passes it to an operation promises that the memory is good.
#[derive(Clone, Copy)]
pub struct BufferRef(sys::auraio_buf_t);

// SAFETY: an address alone.
unsafe impl Send for BufferRef {}
unsafe impl Sync for BufferRef {}

impl BufferRef {
    /// # Safety
    /// The memory is valid, for as many bytes as the operation is given, until its callback has
    /// run; writable for reads.
    pub unsafe fn from_ptr(memory: *mut c_void) -> Self {
        BufferRef(sys::auraio_buf(memory))
    }

    /// For writes.
    ///
    /// # Safety
    /// As [`BufferRef::from_ptr`]; nothing is read into it.
    pub unsafe fn from_slice(bytes: &[u8]) -> Self {
        BufferRef(sys::auraio_buf(bytes.as_ptr().cast()))
    }

    /// For reads and writes.
    ///
    /// # Safety
    /// As [`BufferRef::from_ptr`]; nobody looks at the bytes meanwhile.
    pub unsafe fn from_mut_slice(bytes: &mut [u8]) -> Self {
        BufferRef(sys::auraio_buf(bytes.as_mut_ptr().cast()))
    }

    /// `offset` bytes from the start of registered buffer number `index`.
    pub fn fixed(index: i32, offset: usize) -> Self {
        BufferRef(sys::auraio_buf_fixed(index, offset))
    }

    /// Registered buffer number `index` from its start.
    pub fn fixed_index(index: i32) -> Self {
        BufferRef(sys::auraio_buf_fixed_idx(index))
    }

    /// Whether it names a registered buffer.
    pub fn is_registered(&self) -> bool {
        self.0.type_ == sys::AURAIO_BUF_REGISTERED
    }

    pub(crate) fn to_c(self) -> sys::auraio_buf_t {
        self.0
    }
}

impl fmt::Debug for BufferRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferRef").field("registered", &self.is_registered()).finish()
    }
}

impl From<&Buffer> for BufferRef {
    fn from(buffer: &Buffer) -> Self {
        buffer.to_ref()
    }
}

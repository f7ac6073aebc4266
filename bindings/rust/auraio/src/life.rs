// SPDX-License-Identifier: Apache-2.0
//! Whether the C engine still lives, for those that may outlive it: buffers.

use crate::error::check;
use crate::fork::Origin;
use crate::Result;
use auraio_sys as sys;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::{RwLock, RwLockReadGuard};

thread_local! {
    /// The engine that this thread is destroying: its callbacks run here meanwhile.
    static DESTROYS: Cell<*const Life> = const { Cell::new(ptr::null()) };
}

type Engine = Option<NonNull<sys::auraio_engine_t>>;

/// The C engine until it is destroyed. Buffers are freed under the read lock, so that the
/// engine does not go meanwhile; the write lock is held while it goes. What a forked child cannot lock
/// it does not free.
pub(crate) struct Life {
    engine: RwLock<Engine>,
    origin: Origin,
}

// SAFETY: engines are for all threads; single_thread ones refuse the others.
unsafe impl Send for Life {}
unsafe impl Sync for Life {}

impl Life {
    pub(crate) fn new(engine: NonNull<sys::auraio_engine_t>) -> Self {
        Life { engine: RwLock::new(Some(engine)), origin: Origin::default() }
    }

    /// That of an engine which is gone.
    #[cfg(test)]
    pub(crate) fn ended() -> Self {
        Life { engine: RwLock::new(None), origin: Origin::default() }
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, Engine>> {
        self.origin.or_wait(self.engine.try_read(), || self.engine.read())
    }

    /// Frees a pool buffer of the engine: to its pool, or to the system when it is gone.
    ///
    /// # Safety
    /// The buffer is from `auraio_buffer_alloc` of this engine, and nobody uses it any more.
    pub(crate) unsafe fn free(&self, engine: NonNull<sys::auraio_engine_t>, buffer: NonNull<u8>) {
        let buffer = buffer.as_ptr().cast();
        if ptr::eq(DESTROYS.with(Cell::get), self) {
            // In a callback that auraio_destroy runs: the engine is there until it returns.
            unsafe { sys::auraio_buffer_free(engine.as_ptr(), buffer) };
            return;
        }
        match self.read().as_deref() {
            Ok(Some(engine)) => unsafe { sys::auraio_buffer_free(engine.as_ptr(), buffer) },
            Ok(None) => unsafe { libc::free(buffer) },
            Err(_) => {}
        }
    }

    /// Ends the engine, as `auraio_destroy_timeout`. What is in flight completes, and callbacks run,
    /// before the lock is taken, so that buffers may be freed on other threads; the rest runs in
    /// there. For the last user of the engine, once.
    pub(crate) fn end(&self, timeout_ms: i32) -> Result<()> {
        let Some(engine) = *self.read()? else {
            return Ok(());
        };
        // SAFETY: the last user of the engine is here, and it is alive.
        unsafe { sys::auraio_drain(engine.as_ptr(), timeout_ms) };
        let mut slot = self.origin.or_wait(self.engine.try_write(), || self.engine.write())?;
        *slot = None;
        let before = DESTROYS.with(|destroys| destroys.replace(self));
        // SAFETY: as above; nobody else reads the slot.
        let ended = check(unsafe { sys::auraio_destroy_timeout(engine.as_ptr(), timeout_ms) });
        DESTROYS.with(|destroys| destroys.set(before));
        ended.map(|_| ())
    }
}

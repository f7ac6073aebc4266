// SPDX-License-Identifier: Apache-2.0
//! The engine: its life, its completions, its buffers.

use crate::callback::{forget_panic, resume_panic};
use crate::error::check;
use crate::life::Life;
use crate::{Buffer, Error, Options, RequestHandle, Result};
use auraio_sys as sys;
use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

struct Inner {
    engine: NonNull<sys::auraio_engine_t>,
    life: Arc<Life>,
    #[cfg_attr(not(feature = "async"), allow(dead_code))]
    is_single_thread: bool,
    #[cfg(feature = "async")]
    waiters: crate::waiters::Waiters,
}

// SAFETY: the C API is MT-safe; a single_thread engine refuses other threads itself.
unsafe impl Send for Inner {}
unsafe impl Sync for Inner {}

/// That of `auraio_destroy`.
const DESTROY_MS: i32 = 10_000;

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: asks about this thread.
        if unsafe { sys::auraio_in_callback() } {
            // The engine cannot end below one of its own callbacks.
            let life = Arc::clone(&self.life);
            // Where there can be no thread it is never freed.
            let _ = std::thread::Builder::new().spawn(move || life.end(DESTROY_MS));
        } else {
            // What did not end in time is abandoned, and nobody is here to be told.
            let _ = self.life.end(DESTROY_MS);
            forget_panic();
        }
    }
}

/// An engine. Clones are the same engine; when the last is dropped, what is in flight completes,
/// callbacks run, and the engine ends. Any thread may use it.
///
/// No callback runs and no future moves while nobody polls: call [`Engine::wait`] or
/// [`Engine::run`], or have a [`Driver`](crate::Driver) do it.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// `None` is without limit; what is shorter than a millisecond waits one.
fn milliseconds(timeout: Option<Duration>) -> i32 {
    match timeout {
        None => -1,
        Some(time) => {
            let whole = time.as_millis() + u128::from(time.subsec_nanos() % 1_000_000 != 0);
            i32::try_from(whole).unwrap_or(i32::MAX)
        }
    }
}

/// A callback's panic goes on in the caller of the poll.
pub(crate) fn polled(answer: i32) -> Result<usize> {
    let answer = check(answer).map(|n| n as usize);
    resume_panic();
    answer
}

impl Engine {
    /// An engine with the defaults.
    ///
    /// # Errors
    /// [`Error::EngineCreate`]: `EMFILE` or `ENFILE` when there are no descriptors left, `ENOMEM`.
    pub fn new() -> Result<Self> {
        // SAFETY: no arguments.
        Self::own(unsafe { sys::auraio_create() }, false)
    }

    /// An engine as the options say.
    ///
    /// # Errors
    /// [`Error::EngineCreate`]: as [`Engine::new`]; `EINVAL` for an option out of its range; with
    /// [`Backend::Uring`](crate::Backend::Uring) also the error with which the kernel refuses io_uring.
    pub fn with_options(options: &Options) -> Result<Self> {
        // SAFETY: the options are copied.
        let engine = unsafe { sys::auraio_create_with_options(options.as_ptr()) };
        Self::own(engine, options.is_single_thread())
    }

    fn own(engine: *mut sys::auraio_engine_t, is_single_thread: bool) -> Result<Self> {
        let Some(engine) = NonNull::new(engine) else {
            return Err(Error::EngineCreate(io::Error::last_os_error()));
        };
        Ok(Engine(Arc::new(Inner {
            engine,
            life: Arc::new(Life::new(engine)),
            is_single_thread,
            #[cfg(feature = "async")]
            waiters: Default::default(),
        })))
    }

    /// Ends the engine within a time and tells whether that went well; dropping it gives it 10 s and
    /// tells nothing. It takes up to three times as long: for all to complete, for other threads to
    /// leave it, and for what was cancelled in the end.
    ///
    /// # Errors
    /// `ETIMEDOUT` when operations were abandoned: their callbacks never run, what they own is kept for
    /// good, and the engine is gone all the same. `EBUSY` when a clone has the engine too, which goes
    /// on then: an [`Engine`], a future of it or a driver. `EDEADLK` in a callback, as dropping it
    /// there is.
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn destroy(self, timeout: Duration) -> Result<()> {
        if crate::in_callback() {
            return Err(Error::from_raw_os_error(libc::EDEADLK));
        }
        let Some(inner) = Arc::into_inner(self.0) else {
            return Err(Error::from_raw_os_error(libc::EBUSY));
        };
        let ended = inner.life.end(milliseconds(Some(timeout)));
        resume_panic();
        ended
    }

    #[cfg(feature = "async")]
    pub(crate) fn is_single_thread(&self) -> bool {
        self.0.is_single_thread
    }

    /// The engine of the C API, for as long as a clone of this lives.
    pub fn as_ptr(&self) -> *mut sys::auraio_engine_t {
        self.0.engine.as_ptr()
    }

    /// Takes completions, runs callbacks, sends what was gathered; never blocks. Returns the
    /// number of callbacks.
    ///
    /// # Errors
    /// `EDEADLK` in a callback of this engine; `EPERM` when it is `single_thread` and another thread's;
    /// `EOWNERDEAD` in a forked child; or the error with which a ring failed for good.
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn poll(&self) -> Result<usize> {
        // SAFETY: the engine lives as long as self; so below.
        polled(unsafe { sys::auraio_poll(self.as_ptr()) })
    }

    /// Polls, and sleeps until a callback has run, or the time is over (`None`: without limit).
    ///
    /// # Errors
    /// As [`Engine::poll`]. That the time is over is none.
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<usize> {
        polled(unsafe { sys::auraio_wait(self.as_ptr(), milliseconds(timeout)) })
    }

    /// The same until `min` callbacks have run.
    ///
    /// # Errors
    /// As [`Engine::poll`]; `EINVAL` when `min` is 0.
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn wait_n(&self, min: usize, timeout: Option<Duration>) -> Result<usize> {
        let min = i32::try_from(min).unwrap_or(i32::MAX);
        polled(unsafe { sys::auraio_wait_n(self.as_ptr(), min, milliseconds(timeout)) })
    }

    /// Processes completions until [`Engine::stop`]; ends early by a callback's panic.
    ///
    /// # Errors
    /// As [`Engine::poll`].
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn run(&self) -> Result<()> {
        #[cfg(feature = "async")]
        let _poller = crate::waiters::Poller::begin(self)?;
        polled(unsafe { sys::auraio_run(self.as_ptr()) }).map(|_| ())
    }

    /// Ends every run in progress or, when there is none, the next one.
    ///
    /// # Errors
    /// `EOWNERDEAD` in a forked child.
    pub fn stop(&self) -> Result<()> {
        check(unsafe { sys::auraio_stop(self.as_ptr()) }).map(|_| ())
    }

    /// Ends every wait in progress or, when there is none, the next one.
    ///
    /// # Errors
    /// As [`Engine::stop`].
    pub fn wakeup(&self) -> Result<()> {
        check(unsafe { sys::auraio_wakeup(self.as_ptr()) }).map(|_| ())
    }

    /// Processes until nothing is in flight or held back. Returns the number of callbacks.
    ///
    /// # Errors
    /// As [`Engine::poll`]; `ETIMEDOUT` when the time is over and work is left.
    ///
    /// # Panics
    /// A callback's panic goes on here, once the library has returned.
    pub fn drain(&self, timeout: Option<Duration>) -> Result<usize> {
        polled(unsafe { sys::auraio_drain(self.as_ptr(), milliseconds(timeout)) })
    }

    /// Hands what was gathered to the kernel now.
    ///
    /// # Errors
    /// `EPERM` and `EOWNERDEAD` as [`Engine::poll`], or the error with which a ring failed for good.
    pub fn flush(&self) -> Result<()> {
        check(unsafe { sys::auraio_flush(self.as_ptr()) }).map(|_| ())
    }

    /// Operations whose callback has not begun.
    ///
    /// # Errors
    /// `EOWNERDEAD` in a forked child.
    pub fn pending_count(&self) -> Result<usize> {
        check(unsafe { sys::auraio_pending_count(self.as_ptr()) }).map(|n| n as usize)
    }

    /// A descriptor that becomes readable when there is something to poll for. The engine's.
    ///
    /// # Errors
    /// `EPERM` and `EOWNERDEAD` as [`Engine::poll`].
    pub fn poll_fd(&self) -> Result<BorrowedFd<'_>> {
        let fd = check(unsafe { sys::auraio_get_poll_fd(self.as_ptr()) })?;
        // SAFETY: it is open until the engine ends, and self keeps the engine.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Asks an operation to stop. `Ok` is asked, not stopped: it still calls back once.
    ///
    /// # Errors
    /// `EALREADY` when its callback has begun, `EINVAL` for a handle of another engine; `EPERM` and
    /// `EOWNERDEAD` as [`Engine::poll`].
    pub fn cancel(&self, request: RequestHandle) -> Result<()> {
        check(unsafe { sys::auraio_cancel(self.as_ptr(), request.as_ptr()) }).map(|_| ())
    }

    /// The same for all operations on a descriptor. Returns how many were asked.
    ///
    /// # Errors
    /// `EINVAL` for a negative number that names no registered file; `EPERM` and `EOWNERDEAD` as
    /// [`Engine::poll`].
    pub fn cancel_fd(&self, fd: RawFd) -> Result<usize> {
        check(unsafe { sys::auraio_cancel_fd(self.as_ptr(), fd) }).map(|n| n as usize)
    }

    /// A buffer of `len` bytes, zeroed, from the pool.
    ///
    /// # Errors
    /// [`Error::BufferAlloc`]: `EINVAL` for 0 bytes, `ENOMEM`.
    pub fn allocate_buffer(&self, len: usize) -> Result<Buffer> {
        let memory = unsafe { sys::auraio_buffer_alloc(self.as_ptr(), len) };
        let Some(memory) = NonNull::new(memory.cast::<u8>()) else {
            return Err(Error::BufferAlloc(io::Error::last_os_error()));
        };
        // SAFETY: len bytes are there, ours alone, and written before anybody looks.
        unsafe {
            memory.as_ptr().write_bytes(0, len);
            Ok(Buffer::own(memory, len, self.0.engine, Arc::clone(&self.0.life)))
        }
    }

    /// The bytes that the pool gave for a buffer, at least its capacity; 0 for another engine's.
    pub fn buffer_size(&self, buffer: &Buffer) -> usize {
        let memory = buffer.as_slice().as_ptr();
        // SAFETY: the address is looked up and not followed.
        unsafe { sys::auraio_buffer_size(self.as_ptr(), memory.cast()) }
    }
}

#[cfg(feature = "async")]
impl crate::waiters::Waited for Engine {
    fn poll(&self) -> Result<usize> {
        Engine::poll(self)
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<usize> {
        Engine::wait(self, timeout)
    }

    fn wakeup(&self) -> Result<()> {
        Engine::wakeup(self)
    }

    fn is_idle_alone(&self) -> bool {
        self.is_single_thread() && matches!(self.pending_count(), Ok(0))
    }

    fn waiters(&self) -> &crate::waiters::Waiters {
        &self.0.waiters
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("pending", &self.pending_count().ok()).finish()
    }
}

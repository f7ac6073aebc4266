// SPDX-License-Identifier: Apache-2.0
//! Who polls: a thread, an executor's reactor, or the caller.

use crate::waiters::{Poller, Sleeper};
use crate::{Engine, Result};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

/// A thread that polls an engine, so that callbacks run and futures move whatever the executor is.
/// Dropping it stops and joins the thread (in a callback that it runs itself, only stops it);
/// operations that are under way then wait for another poll.
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Driver {
    /// Stops and joins.
    ///
    /// # Errors
    /// What the thread ended with before, if it did: an error of [`Engine::wait`].
    ///
    /// # Panics
    /// A callback that panicked in the thread panics on here.
    pub fn join(mut self) -> Result<()> {
        match self.end() {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            Some(Ok(result)) => result,
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Option<thread::Result<Result<()>>> {
        let thread = self.thread.take()?;
        self.is_over.store(true, Ordering::Release);
        if thread.thread().id() == thread::current().id() {
            return None; // a callback that it runs: it ends after this
        }
        while !thread.is_finished() {
            // A wakeup may be taken by another waiter, so it is repeated.
            let _ = self.engine.wakeup();
            thread::sleep(std::time::Duration::from_micros(200));
        }
        Some(thread.join())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl Engine {
    /// Starts a thread that polls until the driver is dropped.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when there can be no thread; `EPERM` for a `single_thread`
    /// engine, where it could only fail; `EOWNERDEAD` in a forked child.
    pub fn spawn_driver(&self) -> Result<Driver> {
        if self.is_single_thread() {
            return Err(crate::Error::from_raw_os_error(libc::EPERM));
        }
        self.pending_count()?; // fails in a forked child
        let is_over = Arc::new(AtomicBool::new(false));
        let (engine, over) = (self.clone(), Arc::clone(&is_over));
        let thread = thread::Builder::new()
            .name("auraio-driver".into())
            .spawn(move || {
                let _poller = Poller::begin(&engine)?;
                while !over.load(Ordering::Acquire) {
                    engine.wait(None)?;
                }
                Ok(())
            })
            .map_err(crate::Error::Io)?;
        Ok(Driver { engine: self.clone(), is_over, thread: Some(thread) })
    }

    /// Runs a future to its end on this thread, polling the engine meanwhile.
    ///
    /// # Errors
    /// Those of [`Engine::poll`], while the future is not ready: `EDEADLK` in a callback, for one. The
    /// future is dropped then.
    ///
    /// # Panics
    /// A callback's panic, of whatever operation, goes on in whoever polls; so does one of the future.
    ///
    /// ```
    /// # fn main() -> auraio::Result<()> {
    /// let engine = auraio::Engine::new()?;
    /// let file = std::fs::File::open("/etc/os-release").map_err(auraio::Error::Io)?;
    /// let (result, buffer) =
    ///     engine.block_on(engine.read_at(file, engine.allocate_buffer(4096)?, 0))?;
    /// println!("{}", String::from_utf8_lossy(&buffer[..result?]));
    /// # Ok(()) }
    /// ```
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        let sleeper = Sleeper::new(self);
        let waker = Waker::from(Arc::clone(&sleeper));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            sleeper.sleep()?;
        }
    }

    /// Polls the engine from tokio's reactor, by its poll fd; ends with an error alone. To be
    /// spawned, or selected beside the futures that need it.
    ///
    /// # Errors
    /// Those of [`Engine::poll`], and [`Error::Io`](crate::Error::Io) of the reactor: `EEXIST` when
    /// another `drive` of this engine is under way in the same runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O enabled; and a callback's panic goes on here.
    #[cfg(feature = "tokio")]
    pub async fn drive(&self) -> Result<()> {
        use std::os::fd::AsRawFd;
        use tokio::io::unix::AsyncFd;
        use tokio::io::Interest;

        let fd = self.poll_fd()?.as_raw_fd();
        // The engine keeps the descriptor open, and self the engine, for longer than this lives.
        #[allow(deprecated)]
        let readable = AsyncFd::with_interest(fd, Interest::READABLE).map_err(crate::Error::Io)?;
        loop {
            let mut guard = readable.readable().await.map_err(crate::Error::Io)?;
            self.poll()?;
            guard.clear_ready();
            // What came between the poll and the clearing is taken here.
            self.poll()?;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Who of the threads in block_on polls an engine. A wakeup of the C API ends the waits that are in
//! progress: one that is about to begin misses it when another thread's wait takes it. So at most
//! one thread in block_on, the leader, waits in the library; the others are parked, and all are
//! when a thread polls for good (`Engine::run`, a driver), because `unpark` is never lost. Before
//! a leader polls its future it leaves, and the next one leads.
//!
//! In a forked child nobody leads and nothing waits for the lock: all of this fails.
//!
//! All of this is the same for any engine that waits and is woken, so that tests can have one without
//! the library.

use crate::fork::Origin;
use crate::Result;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Wake;
use std::thread::{self, Thread};
use std::time::Duration;

/// A leader looks again after this time: a wait of another thread may have begun beside its own, and
/// taken its wakeup.
const SLICE: Duration = Duration::from_millis(100);

/// What can be waited for, as the functions of [`Engine`](crate::Engine) with these names. Clones are
/// the same.
pub(crate) trait Waited: Clone + Send + Sync {
    fn poll(&self) -> Result<usize>;
    fn wait(&self, timeout: Option<Duration>) -> Result<usize>;
    fn wakeup(&self) -> Result<()>;
    /// Whether a wait would return at once because nothing can come.
    fn is_idle_alone(&self) -> bool;
    fn waiters(&self) -> &Waiters;
}

#[derive(Default)]
pub(crate) struct Waiters {
    state: Mutex<State>,
    origin: Origin,
}

#[derive(Default)]
struct State {
    has_leader: bool,
    /// Threads that poll until they are told to stop.
    pollers: usize,
    parked: Vec<Thread>,
}

impl State {
    fn unlist(&mut self, thread: &Thread) {
        self.parked.retain(|parked| parked.id() != thread.id());
    }

    /// To be called whenever the engine may have nobody who polls. The thread that is told leads, or
    /// takes itself off the list and calls this.
    fn find_leader(&self) {
        if !self.has_leader && self.pollers == 0 {
            if let Some(next) = self.parked.first() {
                next.unpark();
            }
        }
    }
}

impl Waiters {
    /// Makes this thread the leader, off the list, when nobody polls; lists it otherwise.
    fn lead_or_list(&self, thread: &Thread) -> Result<bool> {
        let mut state = self.lock()?;
        state.unlist(thread);
        if state.has_leader || state.pollers > 0 {
            state.parked.push(thread.clone());
            return Ok(false);
        }
        state.has_leader = true;
        Ok(true)
    }

    /// The process that made the engine.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Fails in a forked child, where the lock may be that of a thread which is not there.
    fn lock(&self) -> Result<MutexGuard<'_, State>> {
        self.origin.or_wait(self.state.try_lock(), || self.state.lock())
    }
}

/// This thread polls for good, for as long as this lives.
pub(crate) struct Poller<'a>(&'a Waiters);

impl<'a> Poller<'a> {
    pub(crate) fn begin(engine: &'a impl Waited) -> Result<Self> {
        let mut state = engine.waiters().lock()?;
        state.pollers += 1;
        if state.has_leader {
            let _ = engine.wakeup(); // it parks
        }
        Ok(Poller(engine.waiters()))
    }
}

impl Drop for Poller<'_> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.lock() {
            state.pollers -= 1;
            state.find_leader();
        }
    }
}

/// On the list for no longer than this lives.
struct Listed<'a> {
    waiters: &'a Waiters,
    thread: &'a Thread,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.waiters.lock() {
            state.unlist(self.thread);
            state.find_leader();
        }
    }
}

/// Leads for as long as this lives.
struct Leader<'a>(&'a Waiters);

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.lock() {
            state.has_leader = false;
            state.find_leader();
        }
    }
}

const AWAKE: u8 = 0;
const PARKED: u8 = 1;
const LEADS: u8 = 2;
const WOKEN: u8 = 3;

/// The thread of one block_on. Its waker tells it in the way in which it sleeps.
pub(crate) struct Sleeper<E> {
    engine: E,
    thread: Thread,
    /// What the thread does; WOKEN from a wake until it has looked. All are read-modify-write, so
    /// that either the sleeper sees the wake or the wake the sleep.
    state: AtomicU8,
}

impl<E: Waited + 'static> Wake for Sleeper<E> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match self.state.swap(WOKEN, Ordering::AcqRel) {
            PARKED => self.thread.unpark(),
            // A callback in its own wait: that returns by itself.
            LEADS if thread::current().id() == self.thread.id() => {}
            LEADS => drop(self.engine.wakeup()),
            _ => {}
        }
    }
}

impl<E: Waited> Sleeper<E> {
    pub(crate) fn new(engine: &E) -> Arc<Self> {
        let state = AtomicU8::new(AWAKE);
        Arc::new(Sleeper { engine: engine.clone(), thread: thread::current(), state })
    }

    /// False when it has been woken: no sleep.
    fn begin(&self, how: u8) -> bool {
        self.state.compare_exchange(AWAKE, how, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether it was woken.
    fn end(&self) -> bool {
        self.state.swap(AWAKE, Ordering::AcqRel) == WOKEN
    }

    /// Polls or sleeps until it is woken.
    pub(crate) fn sleep(&self) -> Result<()> {
        let waiters = self.engine.waiters();
        loop {
            let is_woken = if self.engine.is_idle_alone() {
                self.park()?
            } else if waiters.lead_or_list(&self.thread)? {
                self.lead()?
            } else {
                let _listed = Listed { waiters, thread: &self.thread };
                loop {
                    if self.park()? {
                        return Ok(());
                    }
                    if waiters.lead_or_list(&self.thread)? {
                        break self.lead()?;
                    }
                }
            };
            if is_woken {
                return Ok(());
            }
        }
    }

    fn lead(&self) -> Result<bool> {
        let _leader = Leader(self.engine.waiters());
        if !self.begin(LEADS) {
            return Ok(self.end());
        }
        let waited = self.engine.wait(Some(SLICE));
        let is_woken = self.end();
        waited.map(|_| is_woken)
    }

    /// Until it is woken, or told to look who leads; fails where this thread may not wait.
    fn park(&self) -> Result<bool> {
        self.engine.poll()?;
        if self.begin(PARKED) {
            thread::park();
        }
        Ok(self.end())
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Who of several threads polls, with a bell in the place of the engine: it sleeps and is woken as
//! `auraio_wait` and `auraio_wakeup` promise, and completes nothing.

use super::ROUNDS;
use crate::waiters::{Poller, Sleeper, Waited, Waiters};
use crate::Result;
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;
use std::thread;
use std::time::Duration;

#[derive(Clone, Default)]
struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    rung: Condvar,
    waiters: Waiters,
    is_idle_alone: bool,
}

#[derive(Default)]
struct State {
    rings: usize,
    waiting: usize,
    waits: usize,
    /// Rung while nobody waited.
    ends_next: bool,
}

impl Bell {
    /// How many are waiting, and how many waits there have been.
    fn count(&self) -> (usize, usize) {
        let state = self.0.state.lock().unwrap();
        (state.waiting, state.waits)
    }

    fn until_somebody_waits(&self) {
        while self.count().0 == 0 {
            thread::yield_now();
        }
    }
}

impl Waited for Bell {
    fn poll(&self) -> Result<usize> {
        Ok(0)
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<usize> {
        let mut state = self.0.state.lock().unwrap();
        state.waits += 1;
        if std::mem::take(&mut state.ends_next) {
            return Ok(0);
        }
        let before = state.rings;
        state.waiting += 1;
        let still = |state: &mut State| state.rings == before;
        state = match timeout {
            Some(time) => self.0.rung.wait_timeout_while(state, time, still).unwrap().0,
            None => self.0.rung.wait_while(state, still).unwrap(),
        };
        state.waiting -= 1;
        Ok(0)
    }

    fn wakeup(&self) -> Result<()> {
        let mut state = self.0.state.lock().unwrap();
        if state.waiting > 0 {
            state.rings += 1;
        } else {
            state.ends_next = true;
        }
        self.0.rung.notify_all();
        Ok(())
    }

    fn is_idle_alone(&self) -> bool {
        self.0.is_idle_alone
    }

    fn waiters(&self) -> &Waiters {
        &self.0.waiters
    }
}

/// So many threads sleep in turns, and one wakes each that has gone to sleep.
fn sleep_and_wake(bell: &Bell, threads: usize) {
    let (asleep, wakers) = channel::<Waker>();
    thread::scope(|scope| {
        for _ in 0..threads {
            let asleep = asleep.clone();
            scope.spawn(move || {
                let sleeper = Sleeper::new(bell);
                for _ in 0..ROUNDS {
                    asleep.send(Waker::from(Arc::clone(&sleeper))).unwrap();
                    sleeper.sleep().unwrap();
                }
            });
        }
        drop(asleep);
        wakers.iter().for_each(Waker::wake);
    });
}

#[test]
fn every_sleeper_is_woken() {
    sleep_and_wake(&Bell::default(), 3);
}

#[test]
fn every_sleeper_is_woken_beside_one_who_polls_for_good() {
    let bell = Bell::default();
    let is_over = Mutex::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _poller = Poller::begin(&bell).unwrap();
            while !*is_over.lock().unwrap() {
                bell.wait(Some(Duration::from_millis(1))).unwrap();
            }
        });
        sleep_and_wake(&bell, 2);
        *is_over.lock().unwrap() = true;
    });
    sleep_and_wake(&bell, 2); // and when that one has gone
}

#[test]
fn a_wake_before_the_sleep_is_not_lost() {
    let bell = Bell::default();
    let sleeper = Sleeper::new(&bell);
    Waker::from(Arc::clone(&sleeper)).wake();
    sleeper.sleep().unwrap();
    assert_eq!(bell.count(), (0, 0));
}

#[test]
fn one_waits_and_the_next_follows_it() {
    let bell = Bell::default();
    let (asleep, wakers) = channel::<Waker>();
    thread::scope(|scope| {
        let sleep = || {
            let (asleep, bell) = (asleep.clone(), &bell);
            let thread = scope.spawn(move || {
                let sleeper = Sleeper::new(bell);
                asleep.send(Waker::from(Arc::clone(&sleeper))).unwrap();
                sleeper.sleep().unwrap();
            });
            (thread, wakers.recv().unwrap())
        };
        let (leader, leaders) = sleep();
        bell.until_somebody_waits();
        let (follower, followers) = sleep();
        leaders.wake();
        leader.join().unwrap();
        bell.until_somebody_waits();
        assert_eq!(bell.count().0, 1);
        followers.wake();
        follower.join().unwrap();
    });
}

#[test]
fn where_nothing_can_come_nobody_waits() {
    let bell = Bell(Arc::new(Inner { is_idle_alone: true, ..Default::default() }));
    sleep_and_wake(&bell, 1);
    assert_eq!(bell.count(), (0, 0));
}

// SPDX-License-Identifier: Apache-2.0
//! What an operation shares with its future, with tests in the place of both.

use super::{value, Dropped, ROUNDS};
use crate::callback::resume_panic;
use crate::completion::{completed, discard, Completion};
use crate::fork::Origin;
use crate::{Error, Result};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

type Shared = Completion<Dropped, Result<usize>>;

fn begin() -> (Arc<Shared>, Arc<AtomicUsize>) {
    let (kept, dropped) = Dropped::new();
    (Completion::new(kept, |result, _kept| result, Origin::default()), dropped)
}

/// Counts how often it was told, and unparks a thread.
struct Told(AtomicUsize, Thread);

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.unpark();
    }
}

fn told() -> (Arc<Told>, Waker) {
    let told = Arc::new(Told(AtomicUsize::new(0), thread::current()));
    (Arc::clone(&told), Waker::from(told))
}

fn poll(shared: &Shared, waker: &Waker) -> Poll<Result<usize>> {
    shared.poll(&mut Context::from_waker(waker))
}

#[test]
fn the_last_waker_is_told_and_the_output_comes_once() {
    let (shared, dropped) = begin();
    let ((first, first_waker), (last, last_waker)) = (told(), told());
    assert!(poll(&shared, &first_waker).is_pending());
    for _ in 0..2 {
        assert!(poll(&shared, &last_waker).is_pending());
    }
    shared.complete(Ok(3), 0);
    assert_eq!((value(&first.0), value(&last.0)), (0, 1));
    assert_eq!(value(&dropped), 0);
    assert!(matches!(poll(&shared, &last_waker), Poll::Ready(Ok(3))));
    assert_eq!(value(&dropped), 1);
    assert!(poll(&shared, &last_waker).is_pending());
    assert!(!shared.abandon());
}

#[test]
fn what_is_kept_stays_until_the_operation_is_done() {
    let (shared, dropped) = begin();
    let (told, waker) = told();
    assert!(poll(&shared, &waker).is_pending());
    assert!(!shared.abandon());
    assert_eq!(value(&dropped), 0);
    shared.complete(Ok(0), 0);
    assert_eq!((value(&dropped), value(&told.0)), (1, 0));
}

#[test]
fn a_forked_child_does_not_wait_for_the_lock() {
    let (kept, dropped) = Dropped::new();
    let shared: Arc<Shared> = Completion::new(kept, |result, _kept| result, Origin::elsewhere());
    let (_, waker) = told();
    shared.describe(|_| {
        // The lock is held here, as by a thread that is not in the child.
        assert!(poll(&shared, &waker).is_pending());
        assert_eq!(shared.errno(), 0);
        shared.complete(Ok(1), 0);
        assert!(!shared.abandon());
    });
    assert!(poll(&shared, &waker).is_pending());
    assert_eq!(value(&dropped), 0);
}

#[test]
fn an_output_that_nobody_took_goes_with_the_future() {
    let (shared, dropped) = begin();
    shared.complete(Err(Error::Cancelled), 0);
    assert!(shared.abandon());
    assert_eq!(value(&dropped), 1);
}

#[test]
fn a_result_while_the_future_is_polled_is_not_missed() {
    for _ in 0..ROUNDS {
        let (shared, dropped) = begin();
        let other = Arc::clone(&shared);
        let operation = thread::spawn(move || other.complete(Ok(1), 0));
        let (_, waker) = told();
        while poll(&shared, &waker).is_pending() {
            thread::park();
        }
        operation.join().unwrap();
        assert_eq!(value(&dropped), 1);
    }
}

#[test]
fn a_result_while_the_future_goes_drops_what_was_kept_once() {
    for round in 0..ROUNDS {
        let (shared, dropped) = begin();
        let other = Arc::clone(&shared);
        let operation = thread::spawn(move || other.complete(Ok(1), 0));
        let (_, waker) = told();
        for _ in 0..round % 3 {
            let _ = poll(&shared, &waker);
        }
        shared.abandon();
        drop(shared);
        operation.join().unwrap();
        assert_eq!(value(&dropped), 1);
    }
}

#[test]
fn c_carries_it_as_user_data() {
    let (shared, dropped) = begin();
    let data = Arc::clone(&shared).into_user_data();
    let result = -(libc::ECANCELED as isize);
    // SAFETY: of this type, called once.
    unsafe { completed::<Dropped, Result<usize>>(ptr::null_mut(), result, data) };
    let (_, waker) = told();
    assert!(matches!(poll(&shared, &waker), Poll::Ready(Err(Error::Cancelled))));
    assert_eq!((value(&dropped), Arc::strong_count(&shared)), (1, 1));

    let (shared, dropped) = begin();
    let data = Arc::clone(&shared).into_user_data();
    // SAFETY: of this type, and no operation has it.
    unsafe { discard::<Dropped, Result<usize>>(data) };
    drop(shared);
    assert_eq!(value(&dropped), 1);
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        std::panic::panic_any("woken");
    }
}

#[test]
fn a_waker_that_panics_does_so_in_the_poller() {
    let (shared, _) = begin();
    assert!(poll(&shared, &Waker::from(Arc::new(Panics))).is_pending());
    let data = Arc::clone(&shared).into_user_data();
    // SAFETY: of this type, called once.
    unsafe { completed::<Dropped, Result<usize>>(ptr::null_mut(), 2, data) };
    let panic = catch_unwind(AssertUnwindSafe(resume_panic)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"woken"));
    let (_, waker) = told();
    assert!(matches!(poll(&shared, &waker), Poll::Ready(Ok(2))));
}

/// Polls once more when it is dropped, as the end of an executor's task may.
struct PollsAgain(Weak<Shared>);

impl Wake for PollsAgain {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PollsAgain {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            let (_, waker) = told();
            let _ = poll(&shared, &waker);
        }
    }
}

#[test]
fn wakers_are_dropped_without_the_lock() {
    let waker = |shared| Waker::from(Arc::new(PollsAgain(Arc::downgrade(shared))));
    let (shared, _) = begin();
    assert!(poll(&shared, &waker(&shared)).is_pending());
    assert!(poll(&shared, &waker(&shared)).is_pending()); // the first one goes
    assert!(!shared.abandon()); // the second one, or what it left
    shared.complete(Ok(1), 0);
}

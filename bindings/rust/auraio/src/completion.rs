// SPDX-License-Identifier: Apache-2.0
//! What an operation shares with its future: what it uses until it is done, its result, and who is
//! to be told. Nothing here calls the library, so that miri can run it. In a forked child nobody waits
//! for the lock of a thread that is not there: the operation is never done.

use crate::callback::keep_panic;
use crate::error::count;
use crate::fork::Origin;
use crate::Result;
use auraio_sys as sys;
use std::os::raw::c_void;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// `R`, the output of the future, is made of the result and of `T`, what was kept.
pub(crate) struct Completion<T, R> {
    state: Mutex<State<T>>,
    origin: Origin,
    finish: fn(Result<usize>, T) -> R,
}

struct State<T> {
    /// What the operation uses, in place until it is done. Taken out by the future after `result`
    /// is there, or by the completion when the future is gone.
    kept: Option<T>,
    result: Option<Result<usize>>,
    /// The errno that ended a transfer of which a part had moved, or 0.
    errno: i32,
    waker: Option<Waker>,
    /// The future is gone: who completes the operation clears up.
    is_abandoned: bool,
}

impl<T> State<T> {
    /// What is kept stays as long as there is no result.
    fn take_done(&mut self) -> Option<(Result<usize>, T)> {
        let result = self.result.take()?;
        self.kept.take().map(|kept| (result, kept))
    }
}

impl<T, R> Completion<T, R> {
    /// `origin` is that of the engine.
    pub(crate) fn new(kept: T, finish: fn(Result<usize>, T) -> R, origin: Origin) -> Arc<Self> {
        let state =
            State { kept: Some(kept), result: None, errno: 0, waker: None, is_abandoned: false };
        Arc::new(Completion { state: Mutex::new(state), origin, finish })
    }

    /// Fails in a forked child, where the lock may be that of a thread which is not there.
    fn lock(&self) -> Result<MutexGuard<'_, State<T>>> {
        self.origin.or_wait(self.state.try_lock(), || self.state.lock())
    }

    /// Makes something of what is kept, in the place where it stays. Before the operation begins.
    pub(crate) fn describe<O>(&self, make: impl FnOnce(&mut T) -> O) -> O {
        let mut state = self.lock().expect("nobody else has it yet");
        make(state.kept.as_mut().expect("nothing has taken it yet"))
    }

    /// The errno that ended a transfer of which a part had moved, or 0.
    pub(crate) fn errno(&self) -> i32 {
        self.lock().map_or(0, |state| state.errno)
    }

    /// The operation is done. What others have written, wakers and what is kept, runs without the
    /// lock.
    pub(crate) fn complete(&self, result: Result<usize>, errno: i32) {
        let Ok(mut state) = self.lock() else {
            return;
        };
        state.errno = errno;
        if state.is_abandoned {
            let kept = state.kept.take();
            drop(state);
            drop(kept.map(|kept| (self.finish)(result, kept))); // an opened file is closed, for one
            return;
        }
        state.result = Some(result);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// As `Future::poll`: the output, or `context` is told when it is there.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<R> {
        let mut waker; // what is left of it goes without the lock
        let Ok(mut state) = self.lock() else {
            return Poll::Pending;
        };
        let is_known = state.waker.as_ref().is_some_and(|known| known.will_wake(context.waker()));
        if state.result.is_none() && !is_known {
            drop(state);
            waker = Some(context.waker().clone());
            let Ok(again) = self.lock() else {
                return Poll::Pending;
            };
            state = again;
            if state.result.is_none() {
                std::mem::swap(&mut state.waker, &mut waker);
                drop(state);
                return Poll::Pending;
            }
        }
        let done = state.take_done();
        drop(state);
        done.map_or(Poll::Pending, |(result, kept)| Poll::Ready((self.finish)(result, kept)))
    }

    /// The future is gone. False when the operation has not been done: what is kept stays until it
    /// is.
    pub(crate) fn abandon(&self) -> bool {
        let Ok(mut state) = self.lock() else {
            return false;
        };
        state.is_abandoned = true;
        let waker = state.waker.take();
        let done = state.take_done();
        drop(state);
        drop(waker);
        let is_done = done.is_some();
        drop(done.map(|(result, kept)| (self.finish)(result, kept)));
        is_done
    }

    /// For the library: [`completed`] and [`discard`] take it.
    pub(crate) fn into_user_data(self: Arc<Self>) -> *mut c_void {
        Arc::into_raw(self).cast_mut().cast()
    }
}

/// The C callback.
///
/// # Safety
/// `user_data` is of `into_user_data` of the same types, and this is its only callback.
pub(crate) unsafe extern "C" fn completed<T, R>(
    request: *mut sys::auraio_request_t,
    result: isize,
    user_data: *mut c_void,
) {
    // SAFETY: the caller's promise.
    let completion = unsafe { Arc::from_raw(user_data.cast::<Completion<T, R>>()) };
    let is_asked = result >= 0 && !request.is_null();
    // SAFETY: its own callback asks.
    let errno = if is_asked { unsafe { sys::auraio_request_error(request) } } else { 0 };
    keep_panic(move || completion.complete(count(result), errno));
}

/// Takes back what no operation has got.
///
/// # Safety
/// As [`completed`], in place of which it is called.
pub(crate) unsafe fn discard<T, R>(user_data: *mut c_void) {
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(user_data.cast::<Completion<T, R>>()) });
}

// SPDX-License-Identifier: Apache-2.0
//! The border between the library and closures: one allocation per operation carries the
//! closure, and a panic stays on this side until the polling call returns.

use crate::error::count;
use crate::Result;
use auraio_sys as sys;
use std::any::Any;
use std::cell::RefCell;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

thread_local! {
    /// The first panic of a callback on this thread since it began to poll.
    static PANIC: RefCell<Option<Box<dyn Any + Send>>> = const { RefCell::new(None) };
}

/// The C callback of closures of type `F`.
pub(crate) unsafe extern "C" fn trampoline<F>(
    _request: *mut sys::auraio_request_t,
    result: isize,
    user_data: *mut c_void,
) where
    F: FnOnce(Result<usize>) + Send + 'static,
{
    // SAFETY: into_user_data made it of an F; each operation calls back once.
    let callback = unsafe { Box::from_raw(user_data.cast::<F>()) };
    keep_panic(|| callback(count(result)));
}

/// Runs what C has called: a panic is kept for [`resume_panic`].
pub(crate) fn keep_panic(f: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else {
        return;
    };
    let mut panic = Some(panic);
    // A thread that ends may have no place for it any more.
    let _ = PANIC.try_with(|slot| {
        let mut first = slot.borrow_mut();
        if first.is_none() {
            *first = panic.take();
        }
    });
    // What is not kept is not dropped here: a payload may panic once more when it is.
    std::mem::forget(panic);
}

pub(crate) fn into_user_data<F>(callback: F) -> *mut c_void {
    Box::into_raw(Box::new(callback)).cast()
}

/// Takes a closure back whose operation was not accepted.
///
/// # Safety
/// `user_data` is of `into_user_data::<F>`, and no operation has it.
pub(crate) unsafe fn drop_user_data<F>(user_data: *mut c_void) {
    drop(unsafe { Box::from_raw(user_data.cast::<F>()) });
}

/// To be called when the library has returned to a caller: a panic of a callback goes on here.
pub(crate) fn resume_panic() {
    if let Some(panic) = take_panic() {
        resume_unwind(panic);
    }
}

/// Takes a panic of a callback that nobody will see: the panic hook has told of it.
pub(crate) fn forget_panic() {
    drop(take_panic());
}

fn take_panic() -> Option<Box<dyn Any + Send>> {
    PANIC.try_with(|slot| slot.borrow_mut().take()).ok().flatten()
}

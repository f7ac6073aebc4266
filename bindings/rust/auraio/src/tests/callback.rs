// SPDX-License-Identifier: Apache-2.0
//! Closures on their way through C, which is left out: what the library would call is called here.

use super::{value, Dropped};
use crate::callback::{drop_user_data, into_user_data, resume_panic, trampoline};
use crate::{Error, Result};
use std::panic::catch_unwind;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Gives the closure away and calls back.
fn call<F: FnOnce(Result<usize>) + Send + 'static>(closure: F, result: isize) {
    let data = into_user_data(closure);
    // SAFETY: made of an F just now, called once.
    unsafe { trampoline::<F>(ptr::null_mut(), result, data) };
}

fn refuse<F>(closure: F) {
    let data = into_user_data(closure);
    // SAFETY: made of an F just now, and nobody has it.
    unsafe { drop_user_data::<F>(data) };
}

#[test]
fn a_closure_gets_its_result_once_and_is_freed() {
    let (kept, dropped) = Dropped::new();
    let seen = Arc::new(AtomicUsize::new(0));
    let sum = Arc::clone(&seen);
    let closure = move |result: Result<usize>| {
        let _kept = &kept;
        sum.fetch_add(result.unwrap(), Ordering::Relaxed);
    };
    call(closure, 4096);
    assert_eq!((value(&seen), value(&dropped)), (4096, 1));
}

#[test]
fn a_negative_result_is_an_error() {
    call(|result| assert!(matches!(result, Err(Error::Cancelled))), -(libc::ECANCELED as isize));
    call(
        |result| assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EIO)),
        -(libc::EIO as isize),
    );
    resume_panic();
}

#[test]
fn a_closure_that_was_refused_is_freed_and_not_called() {
    let (kept, dropped) = Dropped::new();
    refuse(move |_: Result<usize>| {
        let _kept = &kept;
        unreachable!("called");
    });
    refuse(|_: Result<usize>| unreachable!("called")); // which has no memory of its own
    assert_eq!(value(&dropped), 1);
}

#[test]
fn a_panic_stays_on_this_side_until_it_is_resumed() {
    let (kept, dropped) = Dropped::new();
    call(
        move |_| {
            let _kept = kept;
            std::panic::panic_any("in a callback");
        },
        0,
    );
    assert_eq!(value(&dropped), 1);
    let panic = catch_unwind(resume_panic).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in a callback"));
    resume_panic(); // there is none any more
}

// SPDX-License-Identifier: Apache-2.0
//! Operations that are never submitted: their callbacks are freed, their arguments in place.

use super::{value, Dropped};
use crate::{BufferRef, Op};
use auraio_sys as sys;
use std::time::Duration;

fn noticed(dropped: Dropped) -> impl FnOnce(crate::Result<usize>) + Send + 'static {
    move |_| drop(dropped)
}

#[test]
fn a_callback_goes_with_its_operation() {
    let (first, first_dropped) = Dropped::new();
    let (second, second_dropped) = Dropped::new();
    let op = Op::nop().callback(noticed(first));
    assert_eq!(value(&first_dropped), 0);
    let op = op.callback(noticed(second)); // in place of the first
    assert_eq!((value(&first_dropped), value(&second_dropped)), (1, 0));
    drop(op);
    assert_eq!(value(&second_dropped), 1);
}

#[test]
fn operations_may_go_to_another_thread() {
    let (kept, dropped) = Dropped::new();
    let op = Op::fsync(0).callback(noticed(kept));
    std::thread::spawn(move || drop(op)).join().unwrap();
    assert_eq!(value(&dropped), 1);
}

#[test]
fn arguments_are_where_c_looks_for_them() {
    let bytes = [1u8; 8];
    // SAFETY: it is not submitted.
    let place = unsafe { BufferRef::from_slice(&bytes) };
    let op = Op::write(5, place, 8, 4096).link().short().timeout(Duration::from_micros(1));
    assert_eq!((op.op.type_, op.op.fd), (sys::AURAIO_OP_WRITE, 5));
    assert_eq!((op.op.len, op.op.offset, op.op.timeout_ms), (8, 4096, 1));
    assert_eq!(op.op.flags, sys::AURAIO_OPF_LINK | sys::AURAIO_OPF_SHORT);
    let op = Op::fallocate(5, 1, 2, 3);
    // SAFETY: the kind of operation tells which member it is.
    let args = unsafe { op.op.args.fallocate };
    assert_eq!((args.mode, op.op.offset, args.len), (1, 2, 3));
    let iov = [libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: 8 }; 2];
    let op = Op::writev(5, &iov, 0);
    assert_eq!((op.op.iov, op.op.iovcnt), (iov.as_ptr(), 2));
}

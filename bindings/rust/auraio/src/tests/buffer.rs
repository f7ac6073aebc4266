// SPDX-License-Identifier: Apache-2.0
//! Buffers whose engine is gone, and places of buffers.

use crate::life::Life;
use crate::{Buffer, BufferRef};
use std::ptr::NonNull;
use std::sync::Arc;

const CAPACITY: usize = 64;

/// As `Engine::allocate_buffer` makes it, of an engine that has ended since.
fn buffer() -> Buffer {
    // SAFETY: plain memory, zeroed, that free(3) takes.
    unsafe {
        let memory = NonNull::new(libc::calloc(1, CAPACITY).cast()).expect("memory");
        Buffer::own(memory, CAPACITY, NonNull::dangling(), Arc::new(Life::ended()))
    }
}

#[test]
fn a_buffer_without_an_engine_is_read_written_and_freed() {
    let mut buffer = buffer();
    assert_eq!(buffer.as_slice(), [0; CAPACITY]);
    buffer.as_mut_slice().fill(7);
    buffer.set_len(3);
    assert_eq!((buffer.len(), buffer.capacity()), (3, CAPACITY));
    assert_eq!(*buffer, [7; 3]);
    buffer[1] = 8;
    buffer.set_len(CAPACITY);
    assert_eq!(buffer.as_ref()[..4], [7, 8, 7, 7]);
    assert!(!buffer.is_empty());
}

#[test]
fn a_buffer_may_be_freed_by_another_thread() {
    let mut buffer = buffer();
    buffer[0] = 1;
    std::thread::spawn(move || assert_eq!(buffer[0], 1)).join().unwrap();
}

#[test]
#[should_panic = "65 bytes in a buffer of 64"]
fn a_length_over_the_capacity_is_refused() {
    buffer().set_len(CAPACITY + 1);
}

#[test]
fn places_are_addresses_or_registered() {
    let buffer = buffer();
    let iov = buffer.as_iovec();
    assert_eq!((iov.iov_base.cast_const().cast(), iov.iov_len), (buffer.as_ptr(), CAPACITY));
    let place = buffer.to_ref().to_c();
    assert!(!BufferRef::from(&buffer).is_registered());
    // SAFETY: the kind of place tells which member it is.
    assert_eq!(unsafe { place.u.ptr }.cast_const().cast(), buffer.as_ptr());
    let fixed = BufferRef::fixed(3, 512);
    assert!(fixed.is_registered() && BufferRef::fixed_index(3).is_registered());
    // SAFETY: as above.
    let fixed = unsafe { fixed.to_c().u.fixed };
    assert_eq!((fixed.index, fixed.offset), (3, 512));
}

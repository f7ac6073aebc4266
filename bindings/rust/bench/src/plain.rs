// SPDX-License-Identifier: Apache-2.0
//! The calls of the C API without anything between, and the crate's closures.

use crate::{engine, Load, Offsets, BLOCK};
use auraio::{sys, BufferRef, Engine};
use std::cell::UnsafeCell;
use std::os::fd::{AsRawFd, RawFd};
use std::os::raw::c_void;
use std::sync::Arc;
use std::time::Instant;

struct State {
    engine: *mut sys::auraio_engine_t,
    fd: RawFd,
    offsets: Offsets,
    ends: Instant,
    done: u64,
    is_over: bool,
}

impl State {
    fn new(engine: &Engine, load: &Load) -> Self {
        State {
            engine: engine.as_ptr(),
            fd: load.file.as_raw_fd(),
            offsets: Offsets::new(),
            ends: Instant::now() + load.time,
            done: 0,
            is_over: false,
        }
    }

    /// One more is done; the clock is read now and then.
    fn goes_on(&mut self) -> bool {
        self.done += 1;
        if self.done % 64 == 0 {
            self.is_over = Instant::now() >= self.ends;
        }
        !self.is_over
    }
}

struct Slot {
    state: *mut State,
    memory: *mut c_void,
}

unsafe fn submit(slot: *mut Slot) {
    let state = &mut *(*slot).state;
    let buf = sys::auraio_buf((*slot).memory);
    let offset = state.offsets.next() as i64;
    let data = slot.cast();
    let request = sys::auraio_read(state.engine, state.fd, buf, BLOCK, offset, Some(on_read), data);
    assert!(!request.is_null());
}

unsafe extern "C" fn on_read(_: *mut sys::auraio_request_t, result: isize, data: *mut c_void) {
    let slot: *mut Slot = data.cast();
    assert_eq!(result, BLOCK as isize);
    if (*(*slot).state).goes_on() {
        submit(slot);
    }
}

pub fn c_calls(load: &Load) -> u64 {
    let engine = engine(load.depth);
    let mut state = State::new(&engine, load);
    let buffers: Vec<_> = (0..load.depth).map(|_| engine.allocate_buffer(BLOCK).unwrap()).collect();
    let state_at: *mut State = &mut state;
    let mut slots: Vec<Slot> = buffers
        .iter()
        .map(|buffer| Slot {
            state: state_at,
            memory: buffer.as_slice().as_ptr().cast_mut().cast(),
        })
        .collect();
    // SAFETY: slots, state and buffers stay until nothing is pending; one thread.
    unsafe {
        for slot in &mut slots {
            submit(slot);
        }
        while sys::auraio_pending_count(engine.as_ptr()) > 0 {
            assert!(sys::auraio_wait(engine.as_ptr(), -1) >= 0);
        }
    }
    state.done
}

struct Shared(UnsafeCell<State>, Engine);
// SAFETY: the engine is for one thread, which alone runs the callbacks.
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

fn read(shared: &Arc<Shared>, buf: BufferRef) {
    // SAFETY: as above; buffers stay until nothing is pending.
    unsafe {
        let state = &mut *shared.0.get();
        let next = Arc::clone(shared);
        let offset = state.offsets.next() as i64;
        let callback = move |result: auraio::Result<usize>| {
            assert_eq!(result.unwrap(), BLOCK);
            if (*next.0.get()).goes_on() {
                read(&next, buf);
            }
        };
        shared.1.read(state.fd, buf, BLOCK, offset, callback).unwrap();
    }
}

pub fn callbacks(load: &Load) -> u64 {
    let engine = engine(load.depth);
    let buffers: Vec<_> = (0..load.depth).map(|_| engine.allocate_buffer(BLOCK).unwrap()).collect();
    let shared = Arc::new(Shared(UnsafeCell::new(State::new(&engine, load)), engine.clone()));
    for buffer in &buffers {
        read(&shared, buffer.to_ref());
    }
    while engine.pending_count().unwrap() > 0 {
        engine.wait(None).unwrap();
    }
    // SAFETY: nothing is pending.
    unsafe { (*shared.0.get()).done }
}

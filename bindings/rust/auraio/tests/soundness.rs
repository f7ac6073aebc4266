// SPDX-License-Identifier: Apache-2.0
//! What must not go wrong around futures: sleeping on, panics, ends in odd places. No `unsafe` in
//! here but for closures.
#![cfg(feature = "async")]

mod common;

use auraio::Engine;
use common::Scratch;
use std::future::Future;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Nobody is to be told.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Several threads in block_on of one engine, beside every other kind of poller: nobody sleeps on.
#[test]
fn threads_in_block_on_wake_each_other() {
    let scratch = Scratch::new(1 << 16);
    let file = Arc::new(scratch.open());
    for beside in 0..4 {
        let engine = Engine::new().unwrap();
        let driver = (beside == 1).then(|| engine.spawn_driver().unwrap());
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (engine, is_over) = (&engine, &is_over);
            let other = (beside > 1).then(|| {
                scope.spawn(move || match beside {
                    2 => engine.run().unwrap(),
                    _ => {
                        while !is_over.load(std::sync::atomic::Ordering::Acquire) {
                            engine.wait(Some(Duration::from_millis(3))).unwrap();
                        }
                    }
                })
            });
            let readers: Vec<_> = (0..6u64)
                .map(|thread| {
                    let file = Arc::clone(&file);
                    scope.spawn(move || {
                        let mut buffer = engine.allocate_buffer(512).unwrap();
                        for i in 0..400 {
                            let offset = (thread + i) % 100 * 512;
                            let read = engine.read_at(Arc::clone(&file), buffer, offset);
                            let (result, back) = engine.block_on(read).unwrap();
                            assert_eq!(result.unwrap(), 512);
                            buffer = back;
                            assert_eq!(buffer[0], (offset as usize).wrapping_mul(31) as u8);
                        }
                    })
                })
                .collect();
            for reader in readers {
                reader.join().unwrap();
            }
            is_over.store(true, std::sync::atomic::Ordering::Release);
            engine.stop().unwrap();
            if let Some(other) = other {
                other.join().unwrap();
            }
        });
        drop(driver);
    }
}

/// A future that another thread completes, with nothing in flight.
struct Told(Arc<std::sync::Mutex<(bool, Option<Waker>)>>);

impl Future for Told {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        state.1 = Some(context.waker().clone());
        if state.0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[test]
fn block_on_is_woken_from_outside_of_the_engine() {
    for single in [false, true] {
        let options = auraio::Options::new().single_thread(single);
        let engine = Engine::with_options(&options).unwrap();
        for round in 0..50 {
            let shared = Arc::new(std::sync::Mutex::new((false, None::<Waker>)));
            let other = Arc::clone(&shared);
            let teller = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_micros(round * 20));
                let mut state = other.lock().unwrap();
                state.0 = true;
                if let Some(waker) = state.1.take() {
                    waker.wake();
                }
            });
            engine.block_on(Told(shared)).unwrap();
            teller.join().unwrap();
        }
    }
}

#[test]
fn a_single_thread_engine_refuses_other_threads_and_ends_in_any() {
    let scratch = Scratch::new(64);
    let engine = Engine::with_options(&auraio::Options::new().single_thread(true)).unwrap();
    let read = engine.read_at(scratch.open(), engine.allocate_buffer(64).unwrap(), 0);
    let (result, buffer) = engine.block_on(read).unwrap();
    assert_eq!(result.unwrap(), 64);
    let file = scratch.open();
    std::thread::spawn(move || {
        let (result, buffer) = {
            let mut read = engine.read_at(file, buffer, 0);
            let waker = Waker::from(Arc::new(Nobody));
            let Poll::Ready(done) = Pin::new(&mut read).poll(&mut Context::from_waker(&waker))
            else {
                panic!("a refused operation is ready");
            };
            done
        };
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EPERM));
        let error = engine.block_on(std::future::pending::<()>()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        drop(engine);
        drop(buffer);
    })
    .join()
    .unwrap();
}

/// Panics when it is dropped, and with a payload that does.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

struct BombFile(OwnedFd, #[allow(dead_code)] Bomb);

impl AsFd for BombFile {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

struct BombWaker;

impl Wake for BombWaker {
    fn wake(self: Arc<Self>) {
        std::panic::panic_any("woken");
    }
}

#[test]
fn a_panic_of_what_is_kept_or_woken_does_not_cross_the_library() {
    let scratch = Scratch::new(64);
    let engine = Engine::new().unwrap();
    let poll_all = || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.drain(None))).unwrap_err()
    };
    let file = BombFile(scratch.open().into(), Bomb);
    drop(engine.read_at(file, engine.allocate_buffer(64).unwrap(), 0));
    assert_eq!(poll_all().downcast_ref::<&str>(), Some(&"dropped"));

    let mut read = engine.read_at(scratch.open(), engine.allocate_buffer(64).unwrap(), 0);
    let waker = Waker::from(Arc::new(BombWaker));
    assert!(Pin::new(&mut read).poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(poll_all().downcast_ref::<&str>(), Some(&"woken"));
    assert_eq!(engine.block_on(read).unwrap().0.unwrap(), 64);

    // Two at once: the first is told, and the payload of the second is not dropped.
    for _ in 0..2 {
        unsafe { engine.nop(|_| std::panic::panic_any(Bomb)) }.unwrap();
    }
    std::mem::forget(poll_all());
    assert_eq!(engine.pending_count().unwrap(), 0);
}

#[test]
fn no_buffers_and_too_many_are_refused() {
    let scratch = Scratch::new(64);
    let engine = Engine::new().unwrap();
    for n in [0, 1025] {
        let bufs = (0..n).map(|_| engine.allocate_buffer(8).unwrap()).collect();
        let (result, bufs) = engine.block_on(engine.readv_at(scratch.open(), bufs, 0)).unwrap();
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EINVAL));
        assert_eq!(bufs.len(), n);
    }
}

#[test]
fn a_driver_may_be_dropped_in_a_callback_that_it_runs() {
    let engine = Engine::new().unwrap();
    let driver = engine.spawn_driver().unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    unsafe {
        engine.nop(move |_| {
            drop(driver);
            send.send(()).unwrap();
        })
    }
    .unwrap();
    engine.flush().unwrap();
    receive.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn buffers_are_freed_by_other_threads_while_the_engine_ends() {
    let scratch = Scratch::new(4096);
    for _ in 0..200 {
        let engine = Engine::new().unwrap();
        let buffers: Vec<_> = (0..16).map(|_| engine.allocate_buffer(512).unwrap()).collect();
        drop(engine.read_at(scratch.open(), engine.allocate_buffer(512).unwrap(), 0));
        let other = std::thread::spawn(move || drop(buffers));
        drop(engine);
        other.join().unwrap();
    }
}

#[test]
fn block_on_in_a_callback_is_refused() {
    let engine = Engine::new().unwrap();
    let inside = engine.clone();
    let (send, receive) = std::sync::mpsc::channel();
    unsafe {
        engine.nop(move |_| {
            let answer = inside.block_on(std::future::pending::<()>());
            send.send(answer.unwrap_err().raw_os_error()).unwrap();
        })
    }
    .unwrap();
    engine.drain(None).unwrap();
    assert_eq!(receive.recv().unwrap(), Some(libc::EDEADLK));
}

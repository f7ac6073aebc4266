// SPDX-License-Identifier: Apache-2.0
//! The pointer-based calls with closures.

mod common;

use auraio::{BufferRef, Engine, Error, Op, OpType, Options, RingSelect};
use common::{pattern, Scratch};
use std::os::fd::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Option<Duration> = Some(Duration::from_secs(10));

#[test]
fn a_read_calls_back_with_its_bytes() {
    let scratch = Scratch::new(8192);
    let file = scratch.open();
    let engine = Engine::new().unwrap();
    let mut buffer = engine.allocate_buffer(4096).unwrap();
    let result = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&result);
    let request = unsafe {
        engine.read(file.as_raw_fd(), buffer.to_ref(), 4096, 4096, move |n| {
            *seen.lock().unwrap() = Some(n);
        })
    }
    .unwrap();
    engine.wait(SECOND).unwrap();
    assert_eq!(result.lock().unwrap().take().unwrap().unwrap(), 4096);
    assert_eq!(buffer.as_slice(), &pattern(8192, 0)[4096..]);
    assert!(!request.is_pending());
    assert_eq!(request.fd(), None);
    assert_eq!(request.op_type(), None);
    buffer.set_len(16);
    assert_eq!(buffer.len(), 16);
    assert_eq!(buffer.capacity(), 4096);
}

#[test]
fn a_refused_submission_drops_the_closure_and_never_calls_it() {
    let engine = Engine::new().unwrap();
    let kept = Arc::new(());
    let inside = Arc::clone(&kept);
    let mut byte = [0u8];
    let memory = unsafe { BufferRef::from_mut_slice(&mut byte) };
    let refused = unsafe { engine.read(-1, memory, 1, 0, move |_| drop(inside)) };
    assert!(
        matches!(refused, Err(Error::Submission(ref why)) if why.raw_os_error() == Some(libc::EINVAL))
    );
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn a_failed_operation_gives_its_errno() {
    let scratch = Scratch::new(16);
    let file = std::fs::File::open(&scratch.path).unwrap();
    let engine = Engine::new().unwrap();
    let text = b"x";
    let seen = Arc::new(AtomicUsize::new(0));
    let errno = Arc::clone(&seen);
    unsafe {
        engine.write(file.as_raw_fd(), BufferRef::from_slice(text), 1, 0, move |n| {
            errno.store(n.unwrap_err().raw_os_error().unwrap() as usize, Ordering::SeqCst);
        })
    }
    .unwrap();
    engine.wait(SECOND).unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), libc::EBADF as usize);
}

#[test]
fn a_panic_goes_on_in_the_poller_and_the_engine_lives() {
    let engine = Engine::new().unwrap();
    unsafe { engine.nop(|_| panic!("in a callback")) }.unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| engine.wait(SECOND))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in a callback"));
    unsafe { engine.nop(|n| assert_eq!(n.unwrap(), 0)) }.unwrap();
    assert_eq!(engine.wait(SECOND).unwrap(), 1);
}

#[test]
fn a_batch_calls_back_in_its_order_when_linked() {
    let scratch = Scratch::new(0);
    let file = scratch.open();
    let engine = Engine::new().unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let order = Arc::clone(&order);
        move |n: auraio::Result<usize>| order.lock().unwrap().push((what, n.unwrap()))
    };
    let fd = file.as_raw_fd();
    let (first, second) = (pattern(100, 1), pattern(50, 2));
    let ops = unsafe {
        vec![
            Op::write(fd, BufferRef::from_slice(&first), 100, 0).link().callback(note("first")),
            Op::write(fd, BufferRef::from_slice(&second), 50, 100).link().callback(note("second")),
            Op::fsync(fd).callback(note("fsync")),
        ]
    };
    let (handles, rest) = unsafe { engine.submit(ops) };
    assert!(rest.is_none());
    assert_eq!(handles.len(), 3);
    assert_eq!(engine.drain(SECOND).unwrap(), 3);
    assert_eq!(*order.lock().unwrap(), [("first", 100), ("second", 50), ("fsync", 0)]);
    assert_eq!(std::fs::read(&scratch.path).unwrap(), [first, second].concat());
}

#[test]
fn what_a_batch_does_not_take_comes_back() {
    let engine = Engine::new().unwrap();
    let called = Arc::new(AtomicUsize::new(0));
    let count = |called: &Arc<AtomicUsize>| {
        let called = Arc::clone(called);
        move |_: auraio::Result<usize>| {
            called.fetch_add(1, Ordering::SeqCst);
        }
    };
    let ops = vec![
        Op::nop().callback(count(&called)),
        Op::fsync(-1).callback(count(&called)),
        Op::nop().callback(count(&called)),
    ];
    let (handles, rest) = unsafe { engine.submit(ops) };
    assert_eq!(handles.len(), 1);
    let (rest, why) = rest.unwrap();
    assert_eq!(rest.len(), 2);
    assert_eq!(why.raw_os_error(), Some(libc::EINVAL));
    drop(rest);
    engine.drain(SECOND).unwrap();
    assert_eq!(called.load(Ordering::SeqCst), 1);
}

#[test]
fn vectored_and_registered_transfers_work() {
    let scratch = Scratch::new(8192);
    let file = scratch.open();
    let engine = Engine::new().unwrap();
    let (mut one, mut two) = (vec![0u8; 1000], vec![0u8; 3000]);
    let iov = [
        libc::iovec { iov_base: one.as_mut_ptr().cast(), iov_len: one.len() },
        libc::iovec { iov_base: two.as_mut_ptr().cast(), iov_len: two.len() },
    ];
    unsafe { engine.readv(file.as_raw_fd(), &iov, 0, |n| assert_eq!(n.unwrap(), 4000)) }.unwrap();
    engine.drain(SECOND).unwrap();
    assert_eq!([one.clone(), two.clone()].concat(), pattern(8192, 0)[..4000]);

    let mut memory = vec![0u8; 4096];
    let registered = libc::iovec { iov_base: memory.as_mut_ptr().cast(), iov_len: 4096 };
    unsafe { engine.register_buffers(&[registered]) }.unwrap();
    engine.register_files(&[Some(std::os::fd::AsFd::as_fd(&file))]).unwrap();
    let fixed = BufferRef::fixed(0, 96);
    assert!(fixed.is_registered());
    unsafe { engine.read(auraio::fixed_file(0), fixed, 4000, 0, |n| assert_eq!(n.unwrap(), 4000)) }
        .unwrap();
    engine.drain(SECOND).unwrap();
    assert_eq!(memory[96..], pattern(8192, 0)[..4000]);
    engine.update_file(0, None).unwrap();
    engine.unregister_files().unwrap();
    engine.unregister_buffers().unwrap();
}

#[test]
fn statistics_and_features_are_told() {
    let scratch = Scratch::new(4096);
    let file = scratch.open();
    let options = Options::new()
        .disable_adaptive(true)
        .queue_depth(32)
        .ring_select(RingSelect::CpuLocal)
        .ring_count(1);
    let engine = Engine::with_options(&options.name("test").unwrap()).unwrap();
    let mut memory = [0u8; 512];
    for _ in 0..10 {
        let buf = unsafe { BufferRef::from_mut_slice(&mut memory) };
        unsafe { engine.read(file.as_raw_fd(), buf, 512, 0, |n| assert_eq!(n.unwrap(), 512)) }
            .unwrap();
        engine.wait(SECOND).unwrap();
    }
    assert_eq!(engine.stats().unwrap().ops_completed(), 10);
    assert_eq!(engine.stats().unwrap().bytes_transferred(), 5120);
    assert_eq!(engine.ring_count().unwrap(), 1);
    assert_eq!(engine.ring_stats(0).unwrap().ops_completed(), 10);
    assert!(engine.ring_stats(1).is_err());
    assert_eq!(engine.target_count().unwrap(), 1);
    assert!(engine.target_stats(0).unwrap().phase().is_some());
    let histogram = engine.histogram(0).unwrap();
    assert_eq!(histogram.total_count(), 10);
    assert!(histogram.percentile(99.0).unwrap() > 0.0);
    assert!(engine.buffer_stats().unwrap().shard_count() >= 0);
    assert!(engine.features().unwrap().backend().is_some());
    let (segment, size) = engine.stats_segment().unwrap();
    assert!(!segment.is_null() && size > 0);
    assert!(auraio::Features::probe().unwrap().kernel_release().contains('.'));
    assert!(engine.fatal_error().is_none());
    assert_eq!(engine.pending_count().unwrap(), 0);
    assert_eq!(auraio::version().split('.').count(), 3);
    assert!(auraio::version_int() >= 100);
    assert!(!auraio::in_callback());
    let (memory, offset) = auraio::file_alignment(&file).unwrap();
    assert!(memory.is_power_of_two() && offset.is_power_of_two());
}

#[test]
fn settings_change_and_bad_ones_are_refused() {
    let engine = Engine::new().unwrap();
    engine.set_max_p99_latency(2.0).unwrap();
    engine.set_min_in_flight(2).unwrap();
    engine.set_max_in_flight(8).unwrap();
    engine.set_batch_threshold(4).unwrap();
    assert_eq!(engine.set_max_p99_latency(-1.0).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    assert!(Options::new().name("a name that is longer than an engine may have").is_err());
    assert!(matches!(
        Engine::with_options(&Options::new().queue_depth(0)),
        Err(Error::EngineCreate(_))
    ));
}

#[test]
fn a_buffer_outlives_its_engine() {
    let engine = Engine::new().unwrap();
    let mut buffer = engine.allocate_buffer(10_000).unwrap();
    drop(engine);
    buffer.as_mut_slice().fill(7);
    assert!(buffer.iter().all(|&byte| byte == 7));
}

#[test]
fn the_last_engine_may_go_in_a_callback() {
    let engine = Engine::new().unwrap();
    let inside = engine.clone();
    let other = Engine::new().unwrap();
    unsafe { engine.nop(move |_| drop(inside)) }.unwrap();
    // The other way: the callback of one engine has the last of another.
    let done = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&done);
    unsafe {
        engine.nop(move |_| {
            drop(other);
            seen.store(1, Ordering::SeqCst);
        })
    }
    .unwrap();
    engine.drain(SECOND).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[test]
fn a_request_tells_about_itself_and_is_cancelled() {
    let (reader, _writer) = pipe();
    let engine = Engine::new().unwrap();
    let mut byte = [0u8];
    let seen = Arc::new(Mutex::new(None));
    let result = Arc::clone(&seen);
    let request = unsafe {
        engine.read(reader.as_raw_fd(), BufferRef::from_mut_slice(&mut byte), 1, 0, move |n| {
            *result.lock().unwrap() = Some(n);
        })
    }
    .unwrap();
    engine.flush().unwrap();
    assert!(request.is_pending());
    assert_eq!(request.fd(), Some(reader.as_raw_fd()));
    assert_eq!(request.op_type(), Some(OpType::Read));
    assert!(!request.user_data().is_null());
    engine.cancel(request).unwrap();
    engine.drain(SECOND).unwrap();
    assert!(matches!(seen.lock().unwrap().take(), Some(Err(Error::Cancelled))));
}

fn pipe() -> (std::os::fd::OwnedFd, std::os::fd::OwnedFd) {
    use std::os::fd::FromRawFd;
    let mut fds = [0; 2];
    assert_eq!(unsafe { libc::pipe(fds.as_mut_ptr()) }, 0);
    unsafe { (FromRawFd::from_raw_fd(fds[0]), FromRawFd::from_raw_fd(fds[1])) }
}

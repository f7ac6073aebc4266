// SPDX-License-Identifier: Apache-2.0
//! How descriptors, transfers and engines end.
#![cfg(feature = "async")]

mod common;

use auraio::{Backend, Engine, Options};
use common::Scratch;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

fn pipe() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    assert_eq!(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) }
}

/// Whether the writing ends of a pipe, which were so many, are closed: tells of a descriptor whose
/// number another test may have by now.
fn is_hung_up(reader: &OwnedFd) -> bool {
    let mut poll = libc::pollfd { fd: reader.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    assert!(unsafe { libc::poll(&mut poll, 1, 0) } >= 0);
    poll.revents & libc::POLLHUP != 0
}

#[test]
fn a_close_that_was_dropped_or_cancelled_has_closed() {
    for backend in [Backend::Auto, Backend::Threads] {
        let options = Options::new().backend(backend).backend_threads(1);
        let engine = Engine::with_options(&options).unwrap();
        let (busy, to_busy) = pipe(); // the only worker, where there are workers
        let read = engine.read_at(busy, engine.allocate_buffer(1).unwrap(), 0);
        let (reader, writer) = pipe();
        drop(engine.close_file(writer));
        let (other, writer) = pipe();
        let close = engine.close_file(writer);
        let _ = close.cancel();
        drop(to_busy);
        assert_eq!(engine.block_on(read).unwrap().0.unwrap(), 0);
        let _ = engine.block_on(close).unwrap(); // cancelled or not
        engine.drain(None).unwrap();
        assert!(is_hung_up(&reader) && is_hung_up(&other));
    }
}

#[test]
fn what_ended_a_transfer_half_way_is_told() {
    const LIMIT: u64 = 1 << 20;
    let limit = libc::rlimit { rlim_cur: LIMIT, rlim_max: LIMIT };
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let scratch = Scratch::new(0);
    let engine = Engine::new().unwrap();
    let buffer = engine.allocate_buffer(8192).unwrap();
    assert!(engine.buffer_size(&buffer) >= 8192);
    assert_eq!(Engine::new().unwrap().buffer_size(&buffer), 0);
    let mut write = engine.write_at(scratch.open(), buffer, LIMIT - 4096);
    let (result, buffer) = engine.block_on(&mut write).unwrap();
    assert_eq!(result.unwrap(), 4096);
    assert_eq!(write.error().unwrap().raw_os_error(), Some(libc::EFBIG));
    let mut read = engine.read_at(scratch.open(), buffer, LIMIT - 4096);
    assert_eq!(engine.block_on(&mut read).unwrap().0.unwrap(), 4096); // the end of the file
    assert!(read.error().is_none() && read.request().unwrap().error().is_none());
}

#[test]
fn an_engine_is_destroyed_in_time() {
    let engine = Engine::new().unwrap();
    let buffer = engine.allocate_buffer(16).unwrap();
    let clone = engine.clone();
    let second = Duration::from_secs(1);
    assert_eq!(clone.destroy(second).unwrap_err().raw_os_error(), Some(libc::EBUSY));
    let (reader, _writer) = pipe();
    let read = engine.read_at(reader, engine.allocate_buffer(1).unwrap(), 0);
    drop(read); // it cancels, so that there is nothing to wait for
    let inside = engine.clone();
    let (send, receive) = std::sync::mpsc::channel();
    unsafe { engine.nop(move |_| send.send(inside.destroy(second)).unwrap()) }.unwrap();
    engine.drain(None).unwrap();
    assert_eq!(receive.recv().unwrap().unwrap_err().raw_os_error(), Some(libc::EDEADLK));
    engine.destroy(second).unwrap();
    drop(buffer);
}

#[test]
fn a_single_thread_engine_has_no_driver() {
    let engine = Engine::with_options(&Options::new().single_thread(true)).unwrap();
    assert_eq!(engine.spawn_driver().unwrap_err().raw_os_error(), Some(libc::EPERM));
}

// SPDX-License-Identifier: Apache-2.0
//! The owned operations, whoever polls them. No `unsafe` in here but for a pipe.
#![cfg(feature = "async")]

mod common;

use auraio::{Engine, Error};
use common::{pattern, Scratch};
use std::fs::File;
use std::future::Future;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

fn pipe() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    assert_eq!(unsafe { libc::pipe(fds.as_mut_ptr()) }, 0);
    unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) }
}

/// A bare executor: parks the thread until it is woken.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn bare<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(10)),
        }
    }
}

async fn copy(engine: &Engine, from: Arc<File>, to: Arc<File>) -> auraio::Result<u64> {
    let mut buffer = engine.allocate_buffer(4096)?;
    let mut at = 0;
    loop {
        buffer.set_len(4096);
        let (n, back) = engine.read_at(Arc::clone(&from), buffer, at).await;
        buffer = back;
        match n? {
            0 => break,
            n => buffer.set_len(n),
        }
        let (n, back) = engine.write_at(Arc::clone(&to), buffer, at).await;
        buffer = back;
        at += n? as u64;
    }
    engine.sync_data(to).await?;
    Ok(at)
}

#[test]
fn block_on_copies_a_file() {
    let (from, to) = (Scratch::new(100_000), Scratch::new(0));
    let engine = Engine::new().unwrap();
    let copied =
        engine.block_on(copy(&engine, Arc::new(from.open()), Arc::new(to.open()))).unwrap();
    assert_eq!(copied.unwrap(), 100_000);
    assert_eq!(std::fs::read(&to.path).unwrap(), pattern(100_000, 0));
}

#[test]
fn a_bare_executor_copies_a_file_with_a_driver() {
    let (from, to) = (Scratch::new(100_000), Scratch::new(0));
    let engine = Engine::new().unwrap();
    let driver = engine.spawn_driver().unwrap();
    assert_eq!(bare(copy(&engine, Arc::new(from.open()), Arc::new(to.open()))).unwrap(), 100_000);
    assert_eq!(std::fs::read(&to.path).unwrap(), pattern(100_000, 0));
    driver.join().unwrap();
}

#[cfg(feature = "tokio")]
#[test]
fn tokio_copies_a_file_by_its_reactor() {
    let (from, to) = (Scratch::new(100_000), Scratch::new(0));
    let engine = Engine::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let copied = runtime.block_on(async {
        tokio::select! {
            copied = copy(&engine, Arc::new(from.open()), Arc::new(to.open())) => copied,
            ended = engine.drive() => panic!("the reactor ended: {ended:?}"),
        }
    });
    assert_eq!(copied.unwrap(), 100_000);
    assert_eq!(std::fs::read(&to.path).unwrap(), pattern(100_000, 0));
}

#[test]
fn the_life_of_a_file_without_unsafe() {
    let scratch = Scratch::new(0);
    let directory = scratch.path.with_extension("directory");
    let inside = directory.join("file");
    let renamed = directory.join("renamed");
    let engine = Engine::new().unwrap();
    let work = async {
        engine.mkdir(&directory, 0o700)?.await?;
        let file = engine.open(&inside, libc::O_CREAT | libc::O_RDWR, 0o600)?.await?;
        let file = Arc::new(file);
        let mut one = engine.allocate_buffer(10)?;
        let mut two = engine.allocate_buffer(20)?;
        one.copy_from_slice(&pattern(10, 1));
        two.copy_from_slice(&pattern(20, 2));
        let (n, _) = engine.writev_at(Arc::clone(&file), vec![one, two], 5).await;
        assert_eq!(n?, 30);
        engine.sync_all(Arc::clone(&file)).await?;
        engine.advise(Arc::clone(&file), 0, 0, libc::POSIX_FADV_RANDOM).await?;
        engine.sync_range(Arc::clone(&file), 0, 0, libc::SYNC_FILE_RANGE_WRITE).await?;
        engine.set_file_len(Arc::clone(&file), 25).await?;
        let status = engine.statx_path(&inside, 0, libc::STATX_SIZE)?.await?;
        assert_eq!(status.stx_size, 25);
        let bufs = vec![engine.allocate_buffer(15)?, engine.allocate_buffer(15)?];
        let (n, bufs) = engine.readv_at(Arc::clone(&file), bufs, 0).await;
        assert_eq!(n?, 25);
        assert_eq!(bufs[0][5..], pattern(10, 1));
        assert_eq!(bufs[1][..10], pattern(20, 2)[..10]);
        engine.close_file(Arc::into_inner(file).expect("the operations gave it back")).await?;
        engine.rename(&inside, &renamed)?.await?;
        engine.unlink(&renamed)?.await?;
        assert!(
            matches!(engine.open(&inside, 0, 0)?.await, Err(Error::Io(why)) if why.raw_os_error() == Some(libc::ENOENT))
        );
        Ok::<(), Error>(())
    };
    engine.block_on(work).unwrap().unwrap();
    std::fs::remove_dir(&directory).unwrap();
    assert!(engine.open("a\0b", 0, 0).is_err());
}

#[test]
fn what_cannot_be_submitted_is_ready_and_gives_everything_back() {
    let engine = Engine::new().unwrap();
    let scratch = Scratch::new(16);
    let mut buffer = engine.allocate_buffer(16).unwrap();
    buffer.set_len(0);
    let read = engine.read_at(scratch.open(), buffer, 0);
    assert!(read.request().is_none());
    let (result, buffer) = engine.block_on(read).unwrap();
    assert!(matches!(result, Err(Error::Submission(_))));
    assert_eq!(buffer.capacity(), 16);
    let (result, _) = engine.block_on(engine.read_at(scratch.open(), buffer, u64::MAX)).unwrap();
    assert!(result.is_err());
}

#[test]
fn a_dropped_future_stops_its_operation() {
    let (reader, _writer) = pipe();
    let engine = Engine::new().unwrap();
    let read = engine.read_at(reader, engine.allocate_buffer(1).unwrap(), 0);
    let request = read.request().unwrap();
    engine.flush().unwrap();
    drop(read);
    engine.drain(Some(Duration::from_secs(10))).unwrap();
    assert!(!request.is_pending());
}

#[test]
fn a_cancelled_future_tells_so_and_gives_the_buffer_back() {
    let (reader, _writer) = pipe();
    let engine = Engine::new().unwrap();
    let read = engine.read_at(reader, engine.allocate_buffer(1).unwrap(), 0);
    read.cancel().unwrap();
    let (result, buffer) = engine.block_on(read).unwrap();
    assert!(matches!(result, Err(Error::Cancelled)));
    assert_eq!(buffer.len(), 1);
}

#[test]
fn a_file_that_was_opened_for_nobody_is_closed() {
    let scratch = Scratch::new(16);
    let engine = Engine::new().unwrap();
    let open_now = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|fd| {
                std::fs::read_link(fd.ok()?.path()).ok().filter(|path| *path == scratch.path)
            })
            .count()
    };
    for after_completion in [false, true] {
        let open = engine.open(&scratch.path, libc::O_RDONLY, 0).unwrap();
        if after_completion {
            engine.drain(None).unwrap();
            assert_eq!(open_now(), 1);
        }
        drop(open);
        engine.drain(None).unwrap();
        assert_eq!(open_now(), 0);
    }
}

/// Futures are dropped at every point of their life while threads work beside them.
#[test]
fn dropping_at_any_point_under_load_is_sound() {
    let drops: usize =
        std::env::var("AURAIO_TEST_DROPS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let scratch = Scratch::new(1 << 20);
    let whole = pattern(1 << 20, 0);
    let whole = &whole;
    let file = Arc::new(scratch.open());
    let engine = Engine::new().unwrap();
    let driver = engine.spawn_driver().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3usize {
            let (engine, file) = (engine.clone(), Arc::clone(&file));
            scope.spawn(move || {
                let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
                let mut context = Context::from_waker(&waker);
                for i in 0..drops / 3 {
                    let len = 512 << (i % 5);
                    let offset = ((i * 7 + thread) % 128) as u64 * 4096;
                    let mut buffer = engine.allocate_buffer(len).unwrap();
                    let write = i % 3 == 0;
                    if write {
                        buffer.copy_from_slice(&whole[offset as usize..offset as usize + len]);
                    }
                    let mut future = if write {
                        engine.write_at(Arc::clone(&file), buffer, offset)
                    } else {
                        engine.read_at(Arc::clone(&file), buffer, offset)
                    };
                    for _ in 0..i % 4 {
                        if let Poll::Ready((result, buffer)) =
                            Pin::new(&mut future).poll(&mut context)
                        {
                            match result {
                                Ok(n) => assert_eq!(n, len),
                                // Nobody awaits here, so there may be too many at once.
                                Err(Error::Submission(why))
                                    if why.raw_os_error() == Some(libc::EAGAIN) =>
                                {
                                    break
                                }
                                Err(why) => panic!("{why}"),
                            }
                            assert_eq!(buffer[0], (offset as usize).wrapping_mul(31) as u8);
                            break;
                        }
                        std::thread::yield_now();
                    }
                }
            });
        }
    });
    driver.join().unwrap();
    engine.drain(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(engine.pending_count().unwrap(), 0);
    assert_eq!(std::fs::read(&scratch.path).unwrap(), pattern(1 << 20, 0));
}

#[test]
fn an_engine_ends_with_futures_and_buffers_about() {
    let scratch = Scratch::new(4096);
    let engine = Engine::new().unwrap();
    let buffer = engine.allocate_buffer(4096).unwrap();
    let other = engine.allocate_buffer(64).unwrap();
    let read = engine.read_at(scratch.open(), buffer, 0);
    drop(engine);
    drop(read); // it had the last of the engine
    drop(other);
}

#[test]
fn a_panic_in_a_callback_ends_the_driver_and_comes_back() {
    let engine = Engine::new().unwrap();
    let driver = engine.spawn_driver().unwrap();
    let called = Arc::new(AtomicBool::new(false));
    let calling = Arc::clone(&called);
    unsafe {
        engine.nop(move |_| {
            calling.store(true, Ordering::SeqCst);
            panic!("in the driver")
        })
    }
    .unwrap();
    while !called.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let panic =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| driver.join())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the driver"));
}

#[test]
fn futures_go_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let scratch = Scratch::new(4096);
    let file = scratch.open();
    let engine = Engine::new().unwrap();
    let read = is_send(engine.read_at(
        file.as_fd().try_clone_to_owned().unwrap(),
        engine.allocate_buffer(64).unwrap(),
        0,
    ));
    let driver = engine.spawn_driver().unwrap();
    let n = std::thread::spawn(move || bare(read).0.unwrap()).join().unwrap();
    assert_eq!(n, 64);
    drop(driver);
}

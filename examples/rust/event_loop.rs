// SPDX-License-Identifier: Apache-2.0
//! event_loop FILE: the engine inside an event loop that is there already. poll(2) watches its poll
//! fd beside a timer; the file is read block by block from the loop.

use auraio::{Engine, Error};
use std::fs::File;
use std::future::Future;
use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

const BLOCK: usize = 64 * 1024;

/// The loop looks at its future after each round, so a wake-up has nothing to do.
struct EachRound;

impl Wake for EachRound {
    fn wake(self: Arc<Self>) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: event_loop FILE")?;
    let file = Arc::new(File::open(path)?);
    let engine = Engine::new()?;
    let waker = Waker::from(Arc::new(EachRound));
    let mut context = Context::from_waker(&waker);

    let (mut offset, mut rounds, mut idle) = (0u64, 0, 0);
    let mut read = engine.read_at(Arc::clone(&file), engine.allocate_buffer(BLOCK)?, offset);
    loop {
        let mut watched =
            libc::pollfd { fd: engine.poll_fd()?.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one structure, as is said.
        match unsafe { libc::poll(&mut watched, 1, 1000) } {
            n if n < 0 => return Err(io::Error::last_os_error().into()),
            0 => idle += 1, // the timer: other work could be done
            _ => {
                engine.poll()?;
            }
        }
        rounds += 1;
        if let Poll::Ready((result, buffer)) = Pin::new(&mut read).poll(&mut context) {
            let n: usize = result.map_err(|why: Error| why.to_string())?;
            offset += n as u64;
            if n == 0 {
                break;
            }
            read = engine.read_at(Arc::clone(&file), buffer, offset);
        }
        if idle > 10 {
            return Err("nothing happens".into());
        }
    }
    println!("{offset} bytes, {}", if rounds > 0 { "from the loop" } else { "no round" });
    Ok(())
}

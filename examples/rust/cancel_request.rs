// SPDX-License-Identifier: Apache-2.0
//! cancel_request: a read of a pipe that nobody writes to is stopped, once by its future and once
//! by dropping it. The buffer is safe in both cases.

use auraio::{Engine, Error};
use std::os::unix::net::UnixStream;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new()?;
    let (silent, _other) = UnixStream::pair()?;

    let read = engine.read_at(silent.try_clone()?, engine.allocate_buffer(512)?, 0);
    read.cancel()?; // asks; the result still comes
    match engine.block_on(read)? {
        (Err(Error::Cancelled), buffer) => println!("cancelled; {} bytes are back", buffer.len()),
        (result, _) => return Err(format!("not cancelled: {result:?}").into()),
    }

    let read = engine.read_at(silent, engine.allocate_buffer(512)?, 0);
    let request = read.request().ok_or("not submitted")?;
    drop(read); // asks as well; the buffer goes when the kernel is done with it
    engine.drain(Some(Duration::from_secs(5)))?;
    println!("dropped; pending: {}", request.is_pending());
    if request.is_pending() {
        return Err("it did not stop".into());
    }
    Ok(())
}

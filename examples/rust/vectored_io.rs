// SPDX-License-Identifier: Apache-2.0
//! vectored_io FILE: writes a header and a body, which lie apart, with one operation, and reads
//! them back into two buffers.

use auraio::Engine;
use std::fs::OpenOptions;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: vectored_io FILE")?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    let file = Arc::new(file);
    let engine = Engine::new()?;

    let mut header = engine.allocate_buffer(16)?;
    header.copy_from_slice(b"length 0000001k\n");
    let mut body = engine.allocate_buffer(1024)?;
    body.fill(b'x');

    let write = engine.writev_at(Arc::clone(&file), vec![header, body], 0);
    let (written, mut buffers) = engine.block_on(write)?;
    println!("{} bytes written", written?);

    buffers.iter_mut().for_each(|buffer| buffer.fill(0));
    let (read, buffers) = engine.block_on(engine.readv_at(file, buffers, 0))?;
    println!("{} bytes read", read?);
    if &buffers[0][..6] != b"length" || buffers[1].iter().any(|&byte| byte != b'x') {
        return Err("other bytes came back".into());
    }
    Ok(())
}

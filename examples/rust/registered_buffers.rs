// SPDX-License-Identifier: Apache-2.0
//! registered_buffers FILE: reads a file through a registered buffer and a registered file. This is
//! the raw side: the kernel keeps the addresses, so the calls are unsafe.

use auraio::{BufferRef, Engine};
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

const BLOCK: usize = 4096;
const BLOCKS: usize = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: registered_buffers FILE")?;
    let file = File::open(path)?;
    let engine = Engine::new()?;
    let mut memory = engine.allocate_buffer(BLOCK * BLOCKS)?;
    let whole = libc::iovec { iov_base: memory.as_mut_ptr().cast(), iov_len: memory.len() };

    // SAFETY: the memory lives until the set is unregistered below.
    unsafe { engine.register_buffers(&[whole])? };
    engine.register_files(&[Some(file.as_fd())])?;

    let bytes = Arc::new(AtomicUsize::new(0));
    for block in 0..BLOCKS {
        let bytes = Arc::clone(&bytes);
        let at = block * BLOCK;
        // SAFETY: buffer and file are registered until the drain below is over.
        unsafe {
            engine.read(
                auraio::fixed_file(0),
                BufferRef::fixed(0, at),
                BLOCK,
                at as i64,
                move |result| {
                    bytes.fetch_add(result.expect("a readable file"), Ordering::Relaxed);
                },
            )?
        };
    }
    engine.drain(None)?;
    engine.unregister_files()?;
    engine.unregister_buffers()?;
    let sum: u64 = memory.iter().map(|&byte| u64::from(byte)).sum();
    println!("{} bytes, sum {sum}", bytes.load(Ordering::Relaxed));
    Ok(())
}

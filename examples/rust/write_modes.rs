// SPDX-License-Identifier: Apache-2.0
//! write_modes FILE: writes 16 MiB through the page cache and then past it (O_DIRECT), syncs both,
//! and compares their times. The buffers of the pool are aligned for both.

use auraio::Engine;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BLOCK: usize = 256 * 1024;
const BLOCKS: u64 = 64;

fn write_all(engine: &Engine, file: Arc<File>) -> auraio::Result<Duration> {
    let began = Instant::now();
    let mut writes = Vec::new();
    for block in 0..BLOCKS {
        let mut buffer = engine.allocate_buffer(BLOCK)?;
        buffer.fill(block as u8);
        writes.push(engine.write_at(Arc::clone(&file), buffer, block * BLOCK as u64));
    }
    for write in writes {
        let (result, _) = engine.block_on(write)?;
        assert_eq!(result?, BLOCK, "a write is whole or fails");
    }
    engine.block_on(engine.sync_data(file))??;
    Ok(began.elapsed())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: write_modes FILE")?;
    let engine = Engine::new()?;
    let cached = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    let time = write_all(&engine, Arc::new(cached))?;
    println!("through the page cache: {:.1} ms", time.as_secs_f64() * 1e3);

    match OpenOptions::new().write(true).custom_flags(libc::O_DIRECT).open(&path) {
        Ok(direct) => {
            let (memory, offset) = auraio::file_alignment(&direct)?;
            println!("O_DIRECT wants memory at {memory} and offsets at {offset} bytes");
            let time = write_all(&engine, Arc::new(direct))?;
            println!("past it: {:.1} ms", time.as_secs_f64() * 1e3);
        }
        Err(why) => println!("no O_DIRECT here: {why}"),
    }
    Ok(())
}

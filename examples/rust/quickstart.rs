// SPDX-License-Identifier: Apache-2.0
//! quickstart FILE: prints the first 4 KiB of a file.

use auraio::Engine;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: quickstart FILE")?;
    let engine = Engine::new()?;
    let file = std::fs::File::open(path)?;

    // File and buffer go with the read; the buffer comes back with the result.
    let read = engine.read_at(file, engine.allocate_buffer(4096)?, 0);
    let (result, buffer) = engine.block_on(read)?;

    std::io::stdout().write_all(&buffer[..result?])?;
    Ok(())
}

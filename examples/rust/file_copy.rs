// SPDX-License-Identifier: Apache-2.0
//! file_copy FROM TO: copies a file with callbacks' cousins, futures, 8 blocks at a time, each with a
//! buffer of its own, and syncs the copy.

use auraio::{Engine, Result};
use std::fs::File;
use std::sync::Arc;

const BLOCK: usize = 256 * 1024;
const AT_ONCE: u64 = 8;

/// One lane copies every AT_ONCE-th block.
async fn lane(engine: &Engine, from: Arc<File>, to: Arc<File>, first: u64) -> Result<u64> {
    let mut buffer = engine.allocate_buffer(BLOCK)?;
    let mut copied = 0;
    for block in (first..).step_by(AT_ONCE as usize) {
        let at = block * BLOCK as u64;
        buffer.set_len(BLOCK);
        let (n, back) = engine.read_at(Arc::clone(&from), buffer, at).await;
        buffer = back;
        let n = n?;
        if n == 0 {
            break;
        }
        buffer.set_len(n);
        let (n, back) = engine.write_at(Arc::clone(&to), buffer, at).await;
        buffer = back;
        copied += n? as u64;
    }
    Ok(copied)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("usage: file_copy FROM TO".into());
    };
    let (from, to) = (Arc::new(File::open(from)?), Arc::new(File::create(to)?));
    let engine = Engine::new()?;

    let mut copied = 0;
    std::thread::scope(|scope| -> Result<()> {
        let lanes: Vec<_> = (0..AT_ONCE)
            .map(|first| {
                let work = lane(&engine, Arc::clone(&from), Arc::clone(&to), first);
                let engine = &engine;
                scope.spawn(move || engine.block_on(work))
            })
            .collect();
        for lane in lanes {
            copied += lane.join().expect("no panic")??;
        }
        Ok(())
    })?;
    engine.block_on(engine.sync_all(to))??;
    println!("{copied} bytes");
    Ok(())
}

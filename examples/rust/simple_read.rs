// SPDX-License-Identifier: Apache-2.0
//! simple_read FILE: reads a whole file with 16 reads under way at a time, then tells its size, a
//! checksum, and what the engine knows of it.

use auraio::{Engine, Result};
use std::fs::File;
use std::sync::Arc;

const BLOCK: usize = 64 * 1024;
const AT_ONCE: usize = 16;

/// Sums the bytes of every AT_ONCE-th block, beginning with the given one.
async fn sum(engine: &Engine, file: Arc<File>, first: usize) -> Result<(u64, u64)> {
    let mut buffer = engine.allocate_buffer(BLOCK)?;
    let (mut bytes, mut sum) = (0, 0);
    for block in (first..).step_by(AT_ONCE) {
        let (n, back) = engine.read_at(Arc::clone(&file), buffer, (block * BLOCK) as u64).await;
        buffer = back;
        let n = n?;
        bytes += n as u64;
        sum += buffer[..n].iter().map(|&byte| u64::from(byte)).sum::<u64>();
        if n < BLOCK {
            break;
        }
    }
    Ok((bytes, sum))
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: simple_read FILE")?;
    let file = Arc::new(File::open(path)?);
    let engine = Engine::new()?;
    let driver = engine.spawn_driver()?;

    let (mut bytes, mut total) = (0, 0);
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|first| {
                let (engine, file) = (&engine, Arc::clone(&file));
                scope.spawn(move || engine.block_on(sum(engine, file, first)))
            })
            .collect();
        for worker in workers {
            let (n, sum) = worker.join().expect("no panic")??;
            bytes += n;
            total += sum;
        }
        Ok(())
    })?;
    driver.join()?;

    let stats = engine.stats()?;
    println!("{bytes} bytes, sum {total}");
    println!("{} reads, at most {} in flight", stats.ops_completed(), stats.peak_in_flight());
    println!("P99 {:.3} ms", stats.p99_latency_ms());
    Ok(())
}

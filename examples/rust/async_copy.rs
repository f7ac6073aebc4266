// SPDX-License-Identifier: Apache-2.0
//! async_copy FROM TO: copies a file on tokio, the engine driven by tokio's reactor.

use auraio::{Engine, Result};
use std::fs::File;
use std::sync::Arc;

const BLOCK: usize = 256 * 1024;

async fn copy(engine: &Engine, from: File, to: File) -> Result<u64> {
    let (from, to) = (Arc::new(from), Arc::new(to));
    let mut buffer = engine.allocate_buffer(BLOCK)?;
    let mut at = 0;
    loop {
        buffer.set_len(BLOCK);
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
    engine.sync_all(to).await?;
    Ok(at)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("usage: async_copy FROM TO".into());
    };
    let engine = Engine::new()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let copied = runtime.block_on(async {
        let (from, to) = (File::open(from)?, File::create(to)?);
        tokio::select! {
            copied = copy(&engine, from, to) => Ok::<_, Box<dyn std::error::Error>>(copied?),
            ended = engine.drive() => Err(format!("the engine ended: {ended:?}").into()),
        }
    })?;
    println!("{copied} bytes");
    Ok(())
}

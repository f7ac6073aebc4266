// SPDX-License-Identifier: Apache-2.0
//! custom_config FILE: an engine that is set up by hand, and what it says it uses.

use auraio::{Control, Engine, Options, Overflow, RingSelect};
use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: custom_config FILE")?;
    let options = Options::new()
        .queue_depth(128)
        .ring_count(2)
        .ring_select(RingSelect::RoundRobin)
        .control(Control::Knee)
        .overflow(Overflow::Queue)
        .max_p99_latency_ms(5.0)
        .name("custom")?;
    let engine = Engine::with_options(&options)?;

    let (result, _) =
        engine.block_on(engine.read_at(File::open(path)?, engine.allocate_buffer(4096)?, 0))?;
    println!("{} bytes", result?);

    let features = engine.features()?;
    println!("backend {:?}, {} rings", features.backend(), engine.ring_count()?);
    if !features.reason().is_empty() {
        println!("not io_uring: {}", features.reason());
    }
    engine.set_max_p99_latency(2.0)?; // options may change while it runs
    Ok(())
}

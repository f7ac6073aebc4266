// SPDX-License-Identifier: Apache-2.0
//! log_handler: what the library has to say goes to standard output. Here it complains of a pointer
//! that is none of its buffers.

use auraio::Engine;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let messages = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&messages);
    auraio::set_log_handler(move |level, text| {
        counter.fetch_add(1, Ordering::Relaxed);
        println!("{level:?}: {text}");
    });
    let engine = Engine::new()?;
    let mut stranger = 0u8;
    // SAFETY: the library knows its buffers, and leaves any other pointer alone.
    unsafe { auraio::sys::auraio_buffer_free(engine.as_ptr(), (&mut stranger as *mut u8).cast()) };
    drop(engine);
    auraio::clear_log_handler();
    match messages.load(Ordering::Relaxed) {
        0 => Err("no message came".into()),
        n => {
            println!("{n} messages");
            Ok(())
        }
    }
}

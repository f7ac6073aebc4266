// SPDX-License-Identifier: Apache-2.0
//! The owned operations: a future per slot, awaited together.

use crate::{engine, Load, Offsets, BLOCK};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

/// Keeps `depth` reads under way; looks at all of them when it is polled.
struct Reader<'a> {
    engine: &'a auraio::Engine,
    load: &'a Load,
    offsets: Offsets,
    ends: Instant,
    slots: Vec<Option<auraio::owned::TransferFuture<Arc<std::fs::File>>>>,
    done: u64,
}

impl Reader<'_> {
    fn start(&mut self, slot: usize, buffer: auraio::Buffer) {
        let file = Arc::clone(&self.load.file);
        self.slots[slot] = Some(self.engine.read_at(file, buffer, self.offsets.next()));
    }
}

impl Future for Reader<'_> {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let is_over = Instant::now() >= self.ends;
        let mut is_pending = false;
        for slot in 0..self.slots.len() {
            let Some(future) = self.slots[slot].as_mut() else {
                continue;
            };
            let Poll::Ready((result, buffer)) = Pin::new(future).poll(context) else {
                is_pending = true;
                continue;
            };
            assert_eq!(result.unwrap(), BLOCK);
            self.done += 1;
            if is_over {
                self.slots[slot] = None;
                continue;
            }
            self.start(slot, buffer);
            // The new one must know whom to wake.
            is_pending |= Pin::new(self.slots[slot].as_mut().unwrap()).poll(context).is_pending();
        }
        if is_pending {
            Poll::Pending
        } else if self.slots.iter().any(Option::is_some) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(self.done)
        }
    }
}

pub fn run(load: &Load) -> u64 {
    let engine = engine(load.depth);
    let mut reader = Reader {
        engine: &engine,
        load,
        offsets: Offsets::new(),
        ends: Instant::now() + load.time,
        slots: (0..load.depth).map(|_| None).collect(),
        done: 0,
    };
    for slot in 0..load.depth {
        reader.start(slot, engine.allocate_buffer(BLOCK).unwrap());
    }
    engine.block_on(reader).unwrap()
}

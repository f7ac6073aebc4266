// SPDX-License-Identifier: Apache-2.0
//! Tests of what calls nothing of the library, so that miri can run them (`make check-miri`): what
//! is shared with operations, who of several threads polls, closures on their way through C,
//! buffers whose engine is gone. All that submits or polls crosses into C and is not here but in
//! `tests/` beside `src/`.

mod buffer;
mod callback;
mod op;

#[cfg(feature = "async")]
mod completion;
#[cfg(feature = "async")]
mod waiters;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Rounds of a race. A round takes miri long.
#[cfg(feature = "async")]
const ROUNDS: usize = if cfg!(miri) { 10 } else { 1000 };

/// Counts how often one of these is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Dropped {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        (Dropped(Arc::clone(&count)), count)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn value(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

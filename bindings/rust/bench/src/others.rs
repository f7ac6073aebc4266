// SPDX-License-Identifier: Apache-2.0
//! Other crates, each with `depth` tasks that read in a loop.

use crate::{Load, Offsets, BLOCK};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

/// What the tasks of one run share.
struct Shared {
    offsets: RefCell<Offsets>,
    ends: Instant,
    done: Cell<u64>,
}

impl Shared {
    fn new(load: &Load) -> Rc<Self> {
        Rc::new(Shared {
            offsets: RefCell::new(Offsets::new()),
            ends: Instant::now() + load.time,
            done: Cell::new(0),
        })
    }

    fn next(&self) -> Option<u64> {
        let done = self.done.get();
        if done % 64 == 0 && Instant::now() >= self.ends {
            return None;
        }
        Some(self.offsets.borrow_mut().next())
    }

    fn one_done(&self, n: usize) {
        assert_eq!(n, BLOCK);
        self.done.set(self.done.get() + 1);
    }
}

macro_rules! tasks {
    ($load:expr, $open:expr, $spawn:path, |$file:ident, $buffer:ident, $offset:ident| $read:expr) => {{
        let shared = Shared::new($load);
        let file = Rc::new($open);
        let mut tasks = Vec::new();
        for _ in 0..$load.depth {
            let (shared, $file) = (Rc::clone(&shared), Rc::clone(&file));
            tasks.push($spawn(async move {
                let mut $buffer = vec![0u8; BLOCK];
                while let Some($offset) = shared.next() {
                    let (n, buffer) = $read;
                    shared.one_done(n);
                    $buffer = buffer;
                }
            }));
        }
        for task in tasks {
            let _ = task.await;
        }
        shared.done.get()
    }};
}

pub fn tokio_uring(load: &Load) -> u64 {
    tokio_uring::start(async {
        tasks!(
            load,
            tokio_uring::fs::File::open(&load.path).await.unwrap(),
            tokio_uring::spawn,
            |file, buffer, offset| {
                let (result, buffer) = file.read_at(buffer, offset).await;
                (result.unwrap(), buffer)
            }
        )
    })
}

pub fn monoio(load: &Load) -> u64 {
    let mut runtime =
        monoio::RuntimeBuilder::<monoio::IoUringDriver>::new().build().expect("a runtime");
    runtime.block_on(async {
        tasks!(
            load,
            monoio::fs::File::open(&load.path).await.unwrap(),
            monoio::spawn,
            |file, buffer, offset| {
                let (result, buffer) = file.read_at(buffer, offset).await;
                (result.unwrap(), buffer)
            }
        )
    })
}

pub fn compio(load: &Load) -> u64 {
    use compio::io::AsyncReadAt;
    compio::runtime::Runtime::new().expect("a runtime").block_on(async {
        tasks!(
            load,
            compio::fs::File::open(&load.path).await.unwrap(),
            compio::runtime::spawn,
            |file, buffer, offset| {
                let compio::BufResult(result, mut buffer) = file.read_at(buffer, offset).await;
                buffer.truncate(BLOCK);
                (result.unwrap(), buffer)
            }
        )
    })
}

pub fn glommio(load: &Load) -> u64 {
    let executor = glommio::LocalExecutorBuilder::default().make().expect("an executor");
    executor.run(async {
        tasks!(
            load,
            glommio::io::BufferedFile::open(&load.path).await.unwrap(),
            glommio::spawn_local,
            |file, buffer, offset| {
                let result = file.read_at(offset, BLOCK).await;
                (result.unwrap().len(), buffer) // it brings a buffer of its own
            }
        )
    })
}

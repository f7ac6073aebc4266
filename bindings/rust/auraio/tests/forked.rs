// SPDX-License-Identifier: Apache-2.0
//! An engine in children that are forked while other threads are inside it. Alone in its program,
//! since a child has all descriptors of the other tests too.
#![cfg(feature = "async")]

mod common;

use auraio::Engine;
use common::Scratch;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// What a child does with an engine of its parent, whose threads were inside it when it was made.
/// One of them may have been completing `early`.
fn use_in_child(
    engine: Engine,
    file: std::fs::File,
    buffer: auraio::Buffer,
    early: impl Future,
) -> bool {
    let is_refused = |error: auraio::Error| error.raw_os_error() == Some(libc::EOWNERDEAD);
    let pending = engine.block_on(std::future::pending::<()>());
    let read = engine.block_on(engine.read_at(file, buffer, 0));
    let answers = [
        pending.is_err_and(is_refused),
        read.is_ok_and(|(result, _)| result.is_err_and(is_refused)),
        engine.run().is_err_and(is_refused),
        engine.spawn_driver().is_err_and(is_refused),
    ];
    let early = engine.block_on(early); // which is dropped
    drop(engine);
    answers == [true; 4] && early.err().map_or(true, is_refused)
}

#[test]
fn a_forked_child_is_refused_and_does_not_hang() {
    let scratch = Scratch::new(512);
    let engine = Engine::new().unwrap();
    let file = Arc::new(scratch.open());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let buffer = engine.allocate_buffer(512).unwrap();
                    let read = engine.read_at(Arc::clone(&file), buffer, 0);
                    assert_eq!(engine.block_on(read).unwrap().0.unwrap(), 512);
                }
            });
        }
        let children = (0..300).filter(|_| {
            let (copy, buffer) = (engine.clone(), engine.allocate_buffer(64).unwrap());
            let early = engine.read_at(Arc::clone(&file), engine.allocate_buffer(512).unwrap(), 0);
            let file = scratch.open();
            let child = unsafe { libc::fork() };
            if child == 0 {
                unsafe { libc::alarm(20) };
                let code = !use_in_child(copy, file, buffer, early);
                unsafe { libc::_exit(code.into()) };
            }
            let mut status = -1;
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            status != 0
        });
        let failed = children.count();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(failed, 0);
    });
}

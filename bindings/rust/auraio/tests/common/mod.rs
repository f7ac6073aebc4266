// SPDX-License-Identifier: Apache-2.0
//! A scratch file with a known pattern, gone when it is dropped.
#![allow(dead_code)]

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

pub(crate) fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|i| (i.wrapping_mul(31) + seed) as u8).collect()
}

impl Scratch {
    pub(crate) fn new(len: usize) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("auraio-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, pattern(len, 0)).expect("a scratch file");
        Scratch { path }
    }

    pub(crate) fn open(&self) -> File {
        OpenOptions::new().read(true).write(true).open(&self.path).expect("the scratch file")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

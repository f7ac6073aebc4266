// SPDX-License-Identifier: Apache-2.0
//! bulk_reader DIRECTORY: reads every file below a directory, 64 at a time, and tells how many bytes
//! there are. Shows futures that are polled together on one thread.

use auraio::{Engine, Error};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const AT_ONCE: usize = 64;
const BLOCK: usize = 128 * 1024;

fn files_below(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files_below(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: bulk_reader DIRECTORY")?;
    let mut files = Vec::new();
    files_below(Path::new(&directory), &mut files)?;

    let engine = Engine::new()?;
    let mut buffers: Vec<_> =
        (0..AT_ONCE).map(|_| engine.allocate_buffer(BLOCK)).collect::<Result<_, _>>()?;
    let mut under_way = VecDeque::new();
    let mut bytes = 0u64;
    let mut rest = files.iter();
    loop {
        // A read is under way from this call on, whether or not anybody waits for it.
        while let Some(buffer) = buffers.pop() {
            let Some(path) = rest.next() else { break };
            under_way.push_back((path, 0u64, engine.read_at(File::open(path)?, buffer, 0)));
        }
        let Some((path, offset, read)) = under_way.pop_front() else {
            break;
        };
        let (result, buffer) = engine.block_on(read)?;
        let n = result.map_err(|why: Error| format!("{}: {why}", path.display()))?;
        bytes += n as u64;
        if n == buffer.len() {
            let offset = offset + n as u64;
            under_way.push_back((path, offset, engine.read_at(File::open(path)?, buffer, offset)));
        } else {
            buffers.push(buffer);
        }
    }
    println!("{} files, {bytes} bytes", files.len());
    Ok(())
}

// SPDX-License-Identifier: Apache-2.0
//! What the Rust side costs: random 4 KiB reads of a file in memory, one thread, `DEPTH` at once.
//! Contestants take turns, so that what disturbs the machine disturbs all; printed is the median over
//! the rounds of each one's speed relative to the C calls in the same round.
//!
//! auraio-bench [SECONDS-PER-TURN [ROUNDS [DIRECTORY]]]

mod futures;
#[cfg(feature = "others")]
mod others;
mod plain;

use auraio::{Engine, Options};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const BLOCK: usize = 4096;
const BLOCKS: u64 = 16384;

/// Where the next read is: xorshift, the same for all.
pub struct Offsets(u64);

impl Offsets {
    pub fn new() -> Self {
        Offsets(0x9e37_79b9_7f4a_7c15)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % BLOCKS * BLOCK as u64
    }
}

pub struct Load {
    pub file: Arc<File>,
    #[cfg_attr(not(feature = "others"), allow(dead_code))]
    pub path: PathBuf,
    pub depth: usize,
    pub time: Duration,
}

/// An engine whose limit is the depth: this measures calls, not control.
pub fn engine(depth: usize) -> Engine {
    let options =
        Options::new().disable_adaptive(true).single_thread(true).queue_depth(depth.max(2) as i32);
    Engine::with_options(&options).expect("an engine")
}

type Contestant = (&'static str, fn(&Load) -> u64);

const CONTESTANTS: &[Contestant] = &[
    ("C calls", plain::c_calls),
    ("callbacks", plain::callbacks),
    ("futures", futures::run),
    #[cfg(feature = "others")]
    ("tokio-uring", others::tokio_uring),
    #[cfg(feature = "others")]
    ("monoio", others::monoio),
    #[cfg(feature = "others")]
    ("compio", others::compio),
    #[cfg(feature = "others")]
    ("glommio", others::glommio),
];

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let seconds: f64 = args.first().map_or(0.3, |arg| arg.parse().expect("seconds"));
    let rounds: usize = args.get(1).map_or(15, |arg| arg.parse().expect("a number of rounds"));
    let directory = args.get(2).map_or("/dev/shm", String::as_str);
    let path = PathBuf::from(directory).join(format!("auraio-bench-{}", std::process::id()));
    let mut file = File::create(&path).expect("a file");
    file.write_all(&vec![7; BLOCKS as usize * BLOCK]).expect("written");
    let file = Arc::new(File::open(&path).expect("the file"));
    println!("{:>5}  {:<12} {:>12} {:>8}", "depth", "", "reads/s", "ratio");
    for depth in [32, 1] {
        let load = Load {
            file: Arc::clone(&file),
            path: path.clone(),
            depth,
            time: Duration::from_secs_f64(seconds),
        };
        let mut speeds = vec![Vec::new(); CONTESTANTS.len()];
        for round in 0..rounds {
            for i in 0..CONTESTANTS.len() {
                let i = (i + round) % CONTESTANTS.len();
                let began = Instant::now();
                let reads = CONTESTANTS[i].1(&load);
                speeds[i].push(reads as f64 / began.elapsed().as_secs_f64());
            }
        }
        let of_c = speeds[0].clone();
        for (speeds, (name, _)) in speeds.iter_mut().zip(CONTESTANTS) {
            let mut ratios: Vec<f64> = speeds.iter().zip(&of_c).map(|(a, b)| a / b).collect();
            println!(
                "{depth:>5}  {name:<12} {:>12.0} {:>8.3}",
                median(speeds),
                median(&mut ratios)
            );
        }
    }
    std::fs::remove_file(&path).expect("removed");
}

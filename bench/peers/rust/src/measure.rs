//! How a peer is measured: it asks before every sample, run.py takes the reference (ours, in a process of its own) and answers; so
//! reference and figure are taken in turn, and nothing else runs meanwhile.
use std::io::{stdin, stdout, Write};
use std::time::Instant;

fn ask(figure: &str) {
    println!("{{\"ready\": \"{figure}\"}}");
    stdout().flush().unwrap();
    let mut line = String::new();
    assert!(stdin().read_line(&mut line).unwrap() > 0, "nobody is measuring");
}

/// `count` samples of `figure` after one run unmeasured: wall time of a run divided by `parts`, in ms. The last result.
pub fn sample<T>(figure: &str, count: usize, parts: usize, mut job: impl FnMut() -> T) -> T {
    let mut last = job();
    for _ in 0..count.max(1) {
        ask(figure);
        let start = Instant::now();
        last = job();
        let ms = start.elapsed().as_secs_f64() * 1e3 / parts as f64;
        println!("{{\"sample\": \"{figure}\", \"ms\": {ms}}}");
    }
    last
}

/// What is not a time.
pub struct Facts {
    pub proof_bytes: usize,
    pub size: String,
}

impl Facts {
    pub fn json(&self) -> String {
        format!("{{\"proof_bytes\": {}, \"size\": \"{}\"}}", self.proof_bytes, self.size)
    }
}

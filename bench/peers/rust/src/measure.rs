use std::time::Instant;

/// Median wall time of `count` runs after one unmeasured, in ms, and the last result.
pub fn median_ms<T>(count: usize, mut job: impl FnMut() -> T) -> (f64, T) {
    let mut last = job();
    let mut times = Vec::new();
    for _ in 0..count.max(1) {
        let start = Instant::now();
        last = job();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    ((times[(times.len() - 1) / 2]), last)
}

#[derive(Default)]
pub struct Figures {
    pub prove_ms: f64,
    pub verify_ms: f64,
    /// Wall time per payment in a batch of 64; none if the peer has no batch verification.
    pub verify_batch64_ms: Option<f64>,
    pub proof_bytes: usize,
    pub size: String,
}

impl Figures {
    pub fn json(&self) -> String {
        let batch = self.verify_batch64_ms.map_or("null".into(), |v| v.to_string());
        format!(
            "{{\"prove_ms\": {}, \"verify_ms\": {}, \"verify_batch64_ms\": {}, \"proof_bytes\": {}, \"size\": \"{}\"}}",
            self.prove_ms, self.verify_ms, batch, self.proof_bytes, self.size
        )
    }
}

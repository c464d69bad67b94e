//! One peer a run: sets up, proves and verifies several times, with the reference in turn (measure.rs), and prints what is not a time at the end.
mod arkworks;
mod measure;
mod monero;
mod orchard_peer;
mod sapling_peer;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let samples: usize = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(5);
    let size: usize = args.get(3).and_then(|s| s.parse().ok()).unwrap_or(0);
    let facts = match args.get(1).map(String::as_str) {
        Some("orchard") => orchard_peer::run(samples),
        Some("sapling") => sapling_peer::run(samples),
        Some("ark-groth16") => arkworks::run(samples, size),
        Some("monero") => monero::run(samples),
        _ => {
            eprintln!("usage: sotto-peers orchard|sapling|ark-groth16|monero SAMPLES [CONSTRAINTS]");
            std::process::exit(2);
        }
    };
    println!("{}", facts.json());
}

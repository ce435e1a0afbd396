//! Writes the manifests of a made-up Istio mesh: as many clusters as asked for, nothing wrong with them unless asked for.
//!
//! `cargo run --release --example generate-fleet -- --clusters 100 --services 140 --out DIR --plant all`
//!
//! The same arguments give the same bytes. For each planted fault one line goes to stdout:
//! the rule that should report it, the cluster and the file, separated by tabs.

#[path = "generate-fleet/mod.rs"]
mod fleet;

use clap::Parser;
use fleet::{Layout, Options};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "generate-fleet",
    about = "Write the manifests of a made-up multi-cluster Istio mesh"
)]
struct Args {
    /// How many clusters.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clusters: u32,
    /// How many services; every cluster has all of them. 140 make about 1,000 resources a cluster.
    #[arg(long, default_value_t = 140, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    services: u32,
    /// Where to write. Must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Faults to plant, each in one cluster, or `all`.
    #[arg(long, value_name = "FAULT", value_delimiter = ',')]
    plant: Vec<String>,
    /// `clusters/<name>/<component>/…` or `<component>/…-<name>.yaml`.
    #[arg(long, value_enum, default_value_t = Layout::Folders)]
    layout: Layout,
    /// Another number, another fleet.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let options = Options {
        clusters: args.clusters as usize,
        services: args.services as usize,
        plant: args.plant,
        layout: args.layout,
        seed: args.seed,
    };
    match fleet::write(&options, &args.out, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "generate-fleet: {error}");
            ExitCode::FAILURE
        }
    }
}

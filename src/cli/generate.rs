//! `linchpin generate`: a made-up estate as a native payload.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::app::ErrorCode;
use crate::generate::{CIS_MAX, CIS_MIN, estate};
use crate::ingest::payload::write_line;

use super::Failure;
use super::output::Output;

/// Make up a realistic estate.
#[derive(Args, Debug)]
#[command(after_long_help = "\
The estate has sites, rooms, racks and power, a network, hypervisor clusters and virtual machines,
Kubernetes, storage and databases, applications, business services with tiers and owners, shared
services that everything uses, redundancy groups and some cycles: about three relationships a CI.
The same size and seed give the same bytes on every machine.

Examples:
  linchpin generate --cis 10000 --seed 1 -o estate.ndjson
  linchpin generate --cis 1000000 | linchpin import -")]
pub(super) struct Generate {
    /// How many CIs to make.
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(CIS_MIN..=CIS_MAX))]
    cis: u64,
    /// Which of the many estates of that size.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The file to write; absent: standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(options: &Generate, output: &Output) -> anyhow::Result<ExitCode> {
    match &options.output {
        None => match write(options, &mut output.stream()) {
            // Whoever read has read enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => {
                return Err(Failure::new(ErrorCode::FileUnusable, format!("standard output: {error}")).into());
            }
            Ok(()) => {}
        },
        Some(path) => {
            let unusable =
                |error: io::Error| Failure::new(ErrorCode::FileUnusable, format!("{}: {error}", path.display()));
            let file = File::create(path).map_err(unusable)?;
            write(options, &mut BufWriter::with_capacity(1 << 20, file)).map_err(unusable)?;
            output.note(&format!("wrote {} CIs to {}", options.cis, path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(options: &Generate, out: &mut impl Write) -> io::Result<()> {
    for record in estate(options.cis, options.seed) {
        write_line(out, &record)?;
    }
    out.flush()
}

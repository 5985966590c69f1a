//! What OpenWatch costs, as ratios to a floor that is measured in the same run: the machine may be
//! slow, shared and busy, and the ratio still says something. `./dev bench [PART…]`; what each
//! figure means is in docs/benchmarks.md.

/// Collecting, and what the journal makes of it.
mod agent;

/// What answers of the API take.
mod api;

/// The console over a large fleet.
mod console;

/// What people ask of a large fleet.
mod fleet;

/// What a quiet host pays.
mod footprint;

/// Functions that both sides call for every row.
mod functions;

/// Who belongs to which group.
mod group;

/// From records to rows, against `COPY`.
mod ingest;

/// From a change on a host to its row.
mod latency;

/// Handshakes, and what a connection costs that says nothing.
mod quic;

/// Tables on standard output.
mod report;

/// Every rule, decided.
mod rules;

/// Hosts that never were.
mod sample;

/// How long something takes.
mod timing;

use std::process::ExitCode;

type Part = (&'static str, fn() -> anyhow::Result<()>);

/// The parts, in the order in which they run.
const PARTS: [Part; 12] = [
    ("functions", functions::run),
    ("agent", agent::run),
    ("rules", rules::run),
    ("ingest", ingest::run),
    ("groups", group::run),
    ("api", api::run),
    ("fleet", fleet::run),
    ("console", console::run),
    ("quic", quic::run),
    ("latency", latency::run),
    ("results", latency::results),
    ("footprint", footprint::run),
];

fn main() -> ExitCode {
    support::collector::install_provider();
    // cargo says `--bench`, which is no part.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    if let [part, folder] = &wanted[..]
        && part == quic::door::PART
    {
        return finished(part, quic::door::serve(folder.as_ref()));
    }
    let known = |arg: &String| PARTS.iter().any(|(name, _)| name == arg);
    if let Some(unknown) = wanted.iter().find(|arg| !known(arg)) {
        eprintln!("{unknown}: the parts are {:?}", PARTS.map(|(name, _)| name));
        return ExitCode::from(2);
    }
    report::machine();
    for (name, run) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|arg| arg == name) {
            report::load(name);
            if finished(name, run()) != ExitCode::SUCCESS {
                return ExitCode::FAILURE;
            }
        }
    }
    report::load("end");
    ExitCode::SUCCESS
}

fn finished(part: &str, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{part}: {error:?}");
            ExitCode::FAILURE
        }
    }
}

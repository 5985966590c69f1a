//! `facts`: what would be sent, printed instead.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::json;
use shared::{clock::SystemClock, fact::Fact};

use super::{Exit, complain, show};
use crate::{
    host::Host,
    probe::{self, Probe},
    status::why,
};

#[derive(Debug, Args)]
pub(super) struct Facts {
    /// Only this kind; may be given several times.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// The tree of a host instead of this machine: a container image, a mounted disk.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// What is read, instead of what is found.
    #[arg(long)]
    sources: bool,
}

impl Facts {
    /// Prints the facts of `probes`, and says on standard error what could not be read.
    pub(super) fn print(self, probes: &'static [&'static dyn Probe]) -> Exit {
        let known: Vec<_> = probes.iter().map(|probe| probe.kind()).collect();
        if let Some(unknown) = self
            .kind
            .iter()
            .find(|kind| !known.contains(&kind.as_str()))
        {
            complain(&format!(
                "there is no kind `{unknown}`; there are: {}",
                known.join(", ")
            ));
            return Exit::Usage;
        }
        let clock = SystemClock::shared();
        let host = match &self.root {
            Some(root) => Host::at(root, clock),
            None => Host::live(clock),
        };
        let wanted = |probe: &&&dyn Probe| {
            self.kind.is_empty() || self.kind.iter().any(|kind| kind == probe.kind())
        };
        for probe in probes.iter().filter(wanted) {
            if self.sources {
                show(&self.sources_of(*probe));
                continue;
            }
            match probe::observe(*probe, &host).seen {
                Ok(facts) => show(&self.lines_of(&facts)),
                Err(stale) => complain(&format!("{}: {}", probe.kind(), why(&stale))),
            }
        }
        Exit::Done
    }

    fn sources_of(&self, probe: &dyn Probe) -> String {
        let (kind, sources) = (probe.kind(), probe.sources());
        if self.json {
            json!({"kind": kind, "sources": sources}).to_string() + "\n"
        } else {
            sources.iter().fold(String::new(), |mut text, source| {
                let _ = writeln!(text, "{kind}\t{source}");
                text
            })
        }
    }

    fn lines_of(&self, facts: &[Fact]) -> String {
        facts.iter().fold(String::new(), |mut text, fact| {
            let Fact { kind, key, value } = fact;
            let _ = if self.json {
                let key = json!(key);
                writeln!(text, r#"{{"kind":"{kind}","key":{key},"value":{value}}}"#)
            } else {
                writeln!(text, "{kind}\t{key}\t{value}")
            };
            text
        })
    }
}

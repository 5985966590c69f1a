//! What the live tests of the probes share: independent tools, and a comparison that is repeated
//! because the machine does not stand still between the tool's reading and ours.

use std::{
    fmt::Debug,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use shared::{clock::SystemClock, fact::Fact};

use crate::{host::Host, probe::Probe};

/// Often enough for a machine on which other tests open sockets and mount filesystems.
const TRIES: usize = 50;

pub(super) fn host() -> Host {
    Host::live(SystemClock::shared())
}

/// The recorded tree of this name.
pub(super) fn recorded(tree: &str) -> PathBuf {
    testdata().join(tree)
}

/// Gives a parser every input of its folder in the fuzz corpus.
pub(crate) fn replay(parser: &str, parse: impl Fn(&[u8])) {
    for input in inputs(parser) {
        parse(&input);
    }
}

/// Every input of a parser's folder in the fuzz corpus, in the order of their names.
pub(super) fn inputs(parser: &str) -> Vec<Vec<u8>> {
    let folder = testdata().join("fuzz").join(parser);
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no inputs for {parser}");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The standard output of an independent tool, or `None`, said on standard error, where the tool
/// is not installed.
pub(super) fn tool(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{program}: {output:?}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => {
            eprintln!("skipped: {program}: {error}");
            None
        }
    }
}

/// All facts of the live machine, each with its parsed value.
pub(super) fn facts(probe: &dyn Probe) -> Vec<(Fact, Value)> {
    let mut facts = probe.read(&host()).unwrap();
    facts.sort();
    facts
        .into_iter()
        .map(|fact| {
            let value = serde_json::from_str(&fact.value).unwrap();
            (fact, value)
        })
        .collect()
}

/// Reads both sides until they are equal, and shows the first difference when they never are.
pub(super) fn agree<T: Ord + Debug>(
    ours: impl Fn() -> Vec<T>,
    theirs: impl Fn() -> Option<Vec<T>>,
) {
    let mut difference = String::new();
    for _ in 0..TRIES {
        let mut ours = ours();
        let Some(mut theirs) = theirs() else {
            return;
        };
        ours.sort();
        theirs.sort();
        if ours == theirs {
            return;
        }
        let only = |these: &[T], those: &[T]| -> Vec<String> {
            these
                .iter()
                .filter(|item| !those.contains(item))
                .map(|item| format!("{item:?}"))
                .collect()
        };
        difference = format!(
            "{} and {} rows; only ours: {:#?}; only theirs: {:#?}",
            ours.len(),
            theirs.len(),
            only(&ours, &theirs),
            only(&theirs, &ours)
        );
    }
    panic!("never equal: {difference}");
}

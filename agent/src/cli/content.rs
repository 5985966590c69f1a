//! `content`: rules tested on the small hosts that lie beside them.

use std::path::PathBuf;

use clap::Subcommand;
use shared::rule::load::{Content as Loaded, Tests};

use super::{
    Exit, complain,
    scan::{evidence_of, known},
    show,
};
use crate::{
    content::{self, Came, Scratch},
    fault::words,
};

#[derive(Debug, Subcommand)]
pub(super) enum Content {
    /// Decide each rule on the small hosts that lie beside it, and compare. Ends with 0 where all
    /// verdicts are those that are said there, 1 where one is not, 2 where it could not run.
    Test {
        /// The content: a folder with `rules/`.
        dir: PathBuf,
        /// Only this rule; may be given several times.
        #[arg(long, value_name = "ID")]
        rule: Vec<String>,
    },
}

/// How many cases came out how.
#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    left_out: usize,
}

impl Content {
    pub(super) fn run(self) -> Exit {
        let Self::Test { dir, rule } = self;
        let tested = || -> Result<Exit, Exit> {
            let content = Loaded::load(&dir, Tests::With).map_err(|problems| {
                for problem in problems {
                    complain(&problem.to_string());
                }
                Exit::Usage
            })?;
            known(&content, &rule)?;
            let scratch = Scratch::new().map_err(|error| {
                complain(&format!(
                    "no folder for the tests can be made where temporary files belong: {error}"
                ));
                Exit::Usage
            })?;
            let counts = test(&content, &rule, &scratch)?;
            if counts.left_out > 0 {
                show(&format!(
                    "{} left out: only root can give files to others\n",
                    counts.left_out
                ));
            }
            show(&format!(
                "{} passed, {} failed\n",
                counts.passed, counts.failed
            ));
            Ok(if counts.failed == 0 {
                Exit::Done
            } else {
                Exit::Wrong
            })
        };
        tested().unwrap_or_else(|exit| exit)
    }
}

fn test(content: &Loaded, only: &[String], scratch: &Scratch) -> Result<Counts, Exit> {
    let mut counts = Counts::default();
    let wanted = |id: &&String| only.is_empty() || only.contains(id);
    for id in content.rules.keys().filter(wanted) {
        let loaded = &content.rules[id];
        let Some(fixtures) = &loaded.fixtures else {
            continue;
        };
        let tried = content::test(&loaded.rule, fixtures, scratch).map_err(|error| {
            complain(&format!("{id}: {}", words(&error)));
            Exit::Usage
        })?;
        for (case, came) in tried {
            match came {
                Came::AsSaid => counts.passed += 1,
                Came::NeedsRoot => counts.left_out += 1,
                Came::Otherwise(outcome) => {
                    counts.failed += 1;
                    show(&format!(
                        "{id}: {}: wanted {}, came {}\n{}",
                        case.name,
                        case.verdict,
                        outcome.verdict,
                        evidence_of(&outcome)
                    ));
                }
            }
        }
    }
    Ok(counts)
}

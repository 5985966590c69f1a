//! What somebody on this host asks of the daemon, which alone changes what is kept: a file in `asked/`
//! is the question, another the answer. Whoever may write there may do as the agent does.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use shared::{
    bundle::{Archive, MAX_ARCHIVE},
    wire::{ContentRefusal, Trial},
};
use tracing::warn;
use uuid::Uuid;

use super::{
    Bundles, Ground, Imported, Refused,
    disk::Disk,
    disk_of,
    note::{MAX_NOTE, json},
};
use crate::{fault::words, state::StateDir};

const ASKED: &str = "asked";
/// How often it is looked whether there is an answer.
const LOOK: Duration = Duration::from_millis(100);
/// How long is waited for one. A trial takes seconds, and others may be before it.
const PATIENCE: Duration = Duration::from_secs(600);

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// To take the bundle that lies beside the question.
    Import,
    /// To put this bundle in force, which is kept.
    Use(u64),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    InForce {
        serial: u64,
        /// `None`: it was in force before, or has been and needs none.
        trial: Option<Trial>,
    },
    /// Why not.
    Refused(String),
}

/// A question that waits for its answer.
#[derive(Debug)]
pub struct Asked {
    disk: Disk,
    id: String,
    ask: Ask,
}

/// Asks the daemon that runs on `state`, and waits for its answer as long as it runs.
///
/// # Errors
/// In words, when there is none.
pub fn ask(state: &StateDir, ask: Ask, archive: Option<&Path>) -> Result<Answer, String> {
    let failed =
        |error: io::Error| format!("the agent's folder cannot be used: {error}; run this as root");
    folder(state).map_err(failed)?;
    let asked = Asked {
        disk: disk_of(state),
        id: Uuid::new_v4().to_string(),
        ask,
    };
    if let Some(path) = archive {
        let mut bytes = Vec::new();
        // One byte more than a bundle has, so that it is refused for that.
        let read = File::open(path).and_then(|f| f.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("{}: {error}", path.display()))?;
        asked.disk.lay(asked.at("owb"), &bytes).map_err(failed)?;
    }
    asked
        .disk
        .lay(asked.at("json"), &json(&ask))
        .map_err(failed)?;
    let until = Instant::now() + PATIENCE;
    while state.is_locked() != Some(false) && Instant::now() < until {
        let answer = asked.disk.read(asked.at("answer"), MAX_NOTE);
        if let Some(answer) = answer.map_err(failed)? {
            let _ = asked.disk.remove(asked.at("answer"));
            return serde_json::from_slice(&answer).map_err(|error| error.to_string());
        }
        thread::sleep(LOOK);
    }
    asked.clear();
    Err("the agent ended, or has not answered: journalctl -u openwatch-agent".into())
}

/// The folder in which questions appear. It is made when there is none.
fn folder(state: &StateDir) -> io::Result<PathBuf> {
    let disk = disk_of(state);
    disk.make(ASKED)?;
    Ok(disk.path(ASKED))
}

/// The same for who answers: answers that nobody has taken are cleared away.
///
/// # Errors
/// As the system has them.
pub fn open(state: &StateDir) -> io::Result<PathBuf> {
    let disk = disk_of(state);
    let is_question = |name: &String| name.ends_with(".json") || name.ends_with(".owb");
    for name in disk.list(ASKED)?.iter().filter(|name| !is_question(name)) {
        disk.remove(format!("{ASKED}/{name}"))?;
    }
    folder(state)
}

/// The questions that wait.
pub fn asked(state: &StateDir) -> Vec<Asked> {
    let names = disk_of(state).list(ASKED).unwrap_or_default();
    let ids = names.iter().filter_map(|name| name.strip_suffix(".json"));
    let asked = ids.filter_map(|id| {
        let disk = disk_of(state);
        let ask = disk.read(format!("{ASKED}/{id}.json"), 4096).ok()??;
        Some(Asked {
            ask: serde_json::from_slice(&ask).ok()?,
            id: id.to_owned(),
            disk,
        })
    });
    asked.collect()
}

/// Does what is asked.
pub fn answer(bundles: &Bundles, ask: Ask, archive: &Path, ground: &Ground) -> Answer {
    let refused = |refused: Refused| Answer::Refused(refused.words);
    match ask {
        Ask::Use(serial) => bundles.choose(serial).map_or_else(refused, |()| {
            let trial = None;
            Answer::InForce { serial, trial }
        }),
        Ask::Import => import(bundles, archive, ground).unwrap_or_else(refused),
    }
}

fn import(bundles: &Bundles, archive: &Path, ground: &Ground) -> Result<Answer, Refused> {
    let unreadable = |error: &dyn std::error::Error| {
        let words = format!("this is no bundle: {}", words(error));
        Refused::new(ContentRefusal::Malformed, words)
    };
    let file = File::open(archive).map_err(|error| unreadable(&error))?;
    let archive = Archive::read(file).map_err(|error| unreadable(&error))?;
    let imported = bundles.import(&archive)?;
    // It is on the disk now.
    drop(archive);
    let (serial, trial) = match imported {
        Imported::Was(serial) => (serial, None),
        Imported::Complete(offer) => {
            let (_, trial) = bundles.take(&offer, ground)?;
            (offer.serial, Some(trial))
        }
    };
    Ok(Answer::InForce { serial, trial })
}

impl Asked {
    /// Does what is asked, and says so.
    pub fn answer(self, bundles: &Bundles, ground: &Ground) {
        let archive = self.disk.path(self.at("owb"));
        let answer = answer(bundles, self.ask, &archive, ground);
        self.clear();
        if let Err(error) = self.disk.lay(self.at("answer"), &json(&answer)) {
            warn!(
                error = &error as &dyn std::error::Error,
                "an answer is lost"
            );
        }
    }

    /// Takes the question back.
    fn clear(&self) {
        for name in ["json", "owb"] {
            // What stays is asked once more, which changes nothing then.
            let _ = self.disk.remove(self.at(name));
        }
    }

    fn at(&self, extension: &str) -> String {
        format!("{ASKED}/{}.{extension}", self.id)
    }
}

//! Checkpoints in a file, a line each, and beside it the key that they are verified with.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::{VerifyingKey, pkcs8::EncodePublicKey as _, pkcs8::spki::der::pem::LineEnding};
use tokio::task::{JoinError, spawn_blocking};

use crate::audit::checkpoint::{Checkpoint, CheckpointError};

/// Inside the folder.
const CHECKPOINTS: &str = "checkpoints.jsonl";
/// Inside the folder.
const KEY: &str = "public.pem";

/// A file that is only added to.
#[derive(Debug, Clone)]
pub(super) struct File {
    path: PathBuf,
    /// Of the key, PEM.
    pub(super) key: String,
}

/// What the file has.
#[derive(Debug, Default)]
pub struct Kept {
    pub checkpoints: Vec<Checkpoint>,
    /// Lines that are none, by number, from one on.
    pub strangers: Vec<(usize, CheckpointError)>,
}

/// What could not be done with it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{doing} {path}")]
    Use {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("writing the public key")]
    Key(#[source] ed25519_dalek::pkcs8::spki::Error),
    #[error("in a thread of its own")]
    Task(#[from] JoinError),
}

impl File {
    /// The file in `folder`, both of which are made, beside the key.
    pub(super) fn open(folder: &Path, key: &VerifyingKey) -> Result<Self, FileError> {
        fs::create_dir_all(folder).map_err(|e| failed("making", folder, e))?;
        let pem = key
            .to_public_key_pem(LineEnding::LF)
            .map_err(FileError::Key)?;
        let path = folder.join(KEY);
        if fs::read(&path).ok().as_deref() != Some(pem.as_bytes()) {
            fs::write(&path, &pem).map_err(|e| failed("writing", &path, e))?;
        }
        let file = Self {
            path: folder.join(CHECKPOINTS),
            key: pem,
        };
        file.mend().map_err(|e| failed("mending", &file.path, e))?;
        Ok(file)
    }

    /// Takes away a last line that a crash cut off: what it was about is signed again.
    fn mend(&self) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&self.path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()
    }

    /// Adds lines, and returns when they are on the disk.
    pub(super) async fn append(&self, checkpoints: &[Checkpoint]) -> Result<(), FileError> {
        let lines: String = checkpoints.iter().map(Checkpoint::line).collect();
        let path = self.path.clone();
        let write = move || {
            let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
            file.write_all(lines.as_bytes())?;
            file.sync_data()
        };
        let written = spawn_blocking(write).await?;
        written.map_err(|e| failed("writing", &self.path, e))
    }

    /// Reads it. A file that is not there any more has nothing.
    pub(super) async fn read(&self, key: VerifyingKey) -> Result<Kept, FileError> {
        let path = self.path.clone();
        let read = spawn_blocking(move || match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(error),
            Ok(text) => Ok(Kept::of(&text, &[key])),
        });
        read.await?.map_err(|e| failed("reading", &self.path, e))
    }
}

impl Kept {
    /// What is in the text of such a file, signed with one of the keys.
    pub fn of(text: &str, keys: &[VerifyingKey]) -> Self {
        let mut kept = Self::default();
        for (n, line) in text.lines().enumerate() {
            match Checkpoint::read(line, keys) {
                Ok(checkpoint) => kept.checkpoints.push(checkpoint),
                Err(error) => kept.strangers.push((n + 1, error)),
            }
        }
        kept
    }
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> FileError {
    FileError::Use {
        doing,
        path: path.into(),
        source,
    }
}

//! What can go wrong with the journal, and whether its file is to blame.

use std::{io, path::PathBuf};

use shared::wire::WireError;

use super::store;

/// Why the journal could not be read or written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("opening the journal")]
    Open(#[source] redb::DatabaseError),
    #[error("reading the journal")]
    Read(#[source] redb::Error),
    #[error("writing the journal")]
    Write(#[source] redb::Error),
    #[error("decoding a row of the journal")]
    Decode(#[source] WireError),
    #[error("encoding a row of the journal")]
    Encode(#[source] WireError),
    #[error("the journal has no head")]
    NoHead,
    #[error("the journal has form {0}, which this build does not know")]
    Format(u32),
    #[error("setting the damaged journal {path} aside")]
    SetAside {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the thread that used the journal is gone")]
    Thread(#[source] tokio::task::JoinError),
}

impl JournalError {
    pub(super) fn read(error: impl Into<redb::Error>) -> Self {
        Self::Read(error.into())
    }

    pub(super) fn write(error: impl Into<redb::Error>) -> Self {
        Self::Write(error.into())
    }

    /// Whether the file's content is at fault, so that only a new one helps.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Open(error) => store::is_damage(error),
            Self::Read(error) | Self::Write(error) => matches!(
                error,
                redb::Error::Corrupted(_) | redb::Error::TableTypeMismatch { .. }
            ),
            Self::Decode(_) | Self::NoHead | Self::Format(_) => true,
            Self::Encode(_) | Self::SetAside { .. } | Self::Thread(_) => false,
        }
    }
}

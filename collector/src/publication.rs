//! Publication: a root or a bundle that is brought here is held against what is here, and kept. The
//! collector can relay what publishers signed and nothing else, so it refuses here what hosts would
//! refuse each.

use chrono::{DateTime, Utc};
use shared::{
    bundle::{self, Archive, ArchiveError, Engine, Hash, Known, Newest, Verified},
    trust::{Role, Root, RootError, Signed, SignedError},
};
use sqlx::PgConnection;
use tokio::task::{JoinError, spawn_blocking};

use crate::store;

/// Who brings something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Bringer<'a> {
    pub name: &'a str,
    pub at: DateTime<Utc>,
}

/// Why what was brought is not kept.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(
        "no root is known here: bring the fleet's first one with `owadm root import root.json`"
    )]
    NoRoot,
    #[error(
        "another root {0} is known here; if that one is wrong, this is another fleet's collector"
    )]
    OtherRoot(u32),
    #[error(
        "a bundle {0} was published here before, and is another; give this one a higher serial"
    )]
    SerialTaken(u64),
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Signed(#[from] SignedError),
    #[error("the bundle cannot be read: {0}")]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Refused(#[from] bundle::Refused),
    #[error("this build has no version: {0}")]
    Engine(String),
    #[error("using the database")]
    Database(#[from] sqlx::Error),
    #[error("verifying in a thread of its own")]
    Task(#[from] JoinError),
}

/// Keeps a root in the caller's transaction, and returns its version. The first is trusted for who brings it, and each later one only
/// when it follows. One that is here already is fine.
///
/// # Errors
/// [`PublishError`]; then the transaction must not be committed.
pub async fn add_root(
    db: &mut PgConnection,
    root: &Signed,
    by: Bringer<'_>,
) -> Result<u32, PublishError> {
    store::bundle::lock(db).await?;
    let read = Root::pinned(&root.document)?;
    match store::bundle::root::newest(db).await? {
        None => {
            // Its own keys show that they are there, as they must for the root that follows.
            read.verify(Role::Root, root, by.at)?;
            insert(db, root, &read, by).await?;
        }
        Some(newest) => {
            let version = row_number(read.version);
            match store::bundle::root::after(db, version - 1).await?.first() {
                Some(known) if known.version == version => {
                    if known.document != root.document {
                        return Err(PublishError::OtherRoot(read.version));
                    }
                }
                _ => {
                    Root::pinned(&newest.document)?.followed_by(root)?;
                    insert(db, root, &read, by).await?;
                }
            }
        }
    }
    Ok(read.version)
}

/// Keeps a bundle, the bytes of an archive, with the roots that it brings, in the caller's transaction, and
/// returns its serial. The same may be published again: its signatures are then those that it comes with.
///
/// # Errors
/// [`PublishError`]; then the transaction must not be committed.
pub async fn publish(
    db: &mut PgConnection,
    archive: impl AsRef<[u8]> + Send + 'static,
    by: Bringer<'_>,
) -> Result<u64, PublishError> {
    let archive = spawn_blocking(move || Archive::read(archive.as_ref())).await??;
    store::bundle::lock(db).await?;
    let (root, newest) = known(db).await?;
    let now = by.at;
    let (archive, verified) = spawn_blocking(move || verify(archive, root, newest, now)).await??;
    keep_roots(db, &archive.roots, by).await?;
    keep_bundle(db, &archive, &verified, by).await?;
    Ok(verified.manifest.serial)
}

/// The newest root, and what is to be known of the bundle that was published last.
async fn known(db: &mut PgConnection) -> Result<(Root, Option<Newest>), PublishError> {
    let root = store::bundle::root::newest(db).await?;
    let root = Root::pinned(&root.ok_or(PublishError::NoRoot)?.document)?;
    let Some(last) = store::bundle::last(db).await? else {
        return Ok((root, None));
    };
    // Who signed it is for the root to say that was the newest then.
    let then = store::bundle::root::after(db, last.root_version - 1).await?;
    let then = then.first().ok_or(PublishError::NoRoot)?;
    let signed = Signed::read(last.document, &last.signatures)?;
    let signers = Root::pinned(&then.document)?.count(Role::Publisher, &signed)?;
    let newest = Newest {
        serial: last.serial.unsigned_abs(),
        manifest: Hash::of(&signed.document),
        signers,
    };
    Ok((root, Some(newest)))
}

fn verify(
    archive: Archive,
    root: Root,
    newest: Option<Newest>,
    now: DateTime<Utc>,
) -> Result<(Archive, Verified), PublishError> {
    let known = Known {
        root: &root,
        newest: newest.as_ref(),
        engine: Engine::here().map_err(PublishError::Engine)?,
    };
    let verified = bundle::verify(known, &archive.roots, &archive.manifest, now)?;
    Ok((archive, verified))
}

/// Keeps those of verified roots that are not here yet.
async fn keep_roots(
    db: &mut PgConnection,
    roots: &[Signed],
    by: Bringer<'_>,
) -> Result<(), PublishError> {
    let newest = store::bundle::root::newest(db).await?;
    let newest = newest.map_or(0, |root| root.version);
    for root in roots {
        let read = Root::pinned(&root.document)?;
        if row_number(read.version) > newest {
            insert(db, root, &read, by).await?;
        }
    }
    Ok(())
}

async fn keep_bundle(
    db: &mut PgConnection,
    archive: &Archive,
    verified: &Verified,
    by: Bringer<'_>,
) -> Result<(), PublishError> {
    let manifest = &verified.manifest;
    let files = archive.content.iter().map(|(path, bytes)| {
        let hash = manifest.files.get(path).map(|file| file.sha256.0);
        store::bundle::NewFile {
            path,
            hash: hash.unwrap_or_else(|| Hash::of(bytes).0),
            bytes,
        }
    });
    let new = store::bundle::NewBundle {
        manifest: verified.newest.manifest.0,
        serial: manifest.serial.cast_signed(),
        created: manifest.created,
        expires: manifest.expires,
        root_version: row_number(verified.root.version),
        document: &archive.manifest.document,
        signatures: &archive.manifest.signatures_file(),
        note: &manifest.note,
        files: files.collect(),
        at: by.at,
        by: by.name,
    };
    match store::bundle::publish(db, &new).await {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("bundle_serial_key") => {
            Err(PublishError::SerialTaken(manifest.serial))
        }
        done => Ok(done?),
    }
}

async fn insert(
    db: &mut PgConnection,
    signed: &Signed,
    read: &Root,
    by: Bringer<'_>,
) -> sqlx::Result<()> {
    let row = store::bundle::root::Root {
        version: row_number(read.version),
        document: signed.document.clone(),
        signatures: signed.signatures_file(),
        expires: read.expires,
        added_at: by.at,
        added_by: by.name.to_owned(),
    };
    store::bundle::root::insert(db, &row).await
}

/// Above what the table can hold there is no root: each follows another.
fn row_number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

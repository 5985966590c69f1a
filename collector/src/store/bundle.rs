//! Rows of `bundle`, `bundle_file` and `content_object`: what was published here, as it was signed. Files
//! are kept by their hash, each once for all bundles.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Which bundle a host is to have.
pub mod offer;

/// What hosts say of their content.
pub mod report;

/// Documents by which bundles are trusted.
pub mod root;

/// How hard files are packed, once for ever: about a quarter of their size.
const LEVEL: i32 = 9;

/// A bundle, without its files.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// SHA-256 of its manifest.
    pub manifest: Vec<u8>,
    pub serial: i64,
    pub created: DateTime<Utc>,
    pub expires: DateTime<Utc>,
    /// The newest root when its signatures were last verified here.
    pub root_version: i32,
    /// Bytes of all files.
    pub size: i64,
    pub note: String,
    pub published_at: DateTime<Utc>,
    pub published_by: String,
    /// How many files it has.
    pub files: i64,
    /// Hosts that have it in force.
    pub hosts: i64,
}

/// A manifest with the file of signatures beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub document: Vec<u8>,
    pub signatures: Vec<u8>,
}

/// A file of a bundle that is published.
#[derive(Debug, Clone)]
pub struct NewFile<'a> {
    pub path: &'a str,
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    pub bytes: &'a [u8],
}

/// A bundle that is published.
#[derive(Debug, Clone)]
pub struct NewBundle<'a> {
    pub manifest: [u8; 32],
    pub serial: i64,
    pub created: DateTime<Utc>,
    pub expires: DateTime<Utc>,
    pub root_version: i32,
    pub document: &'a [u8],
    pub signatures: &'a [u8],
    pub note: &'a str,
    pub files: Vec<NewFile<'a>>,
    pub at: DateTime<Utc>,
    pub by: &'a str,
}

/// Lets nobody else publish until the transaction ends: what a bundle is held against stays so.
///
/// # Errors
/// sqlx's.
pub async fn lock(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table bundle, root in share row exclusive mode")
        .execute(db)
        .await
        .map(drop)
}

/// Keeps a bundle that was verified. One that is here already gets the signatures that it came with.
///
/// # Errors
/// sqlx's, also when there is another of this serial.
pub async fn publish(db: &mut PgConnection, new: &NewBundle<'_>) -> sqlx::Result<()> {
    let size: i64 = new.files.iter().map(|file| file.bytes.len() as i64).sum();
    sqlx::query!(
        r#"insert into bundle (manifest, serial, created, expires, root_version, document, signatures,
               size, note, published_at, published_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (manifest) do update set root_version = excluded.root_version,
               signatures = excluded.signatures"#,
        &new.manifest[..],
        new.serial,
        new.created,
        new.expires,
        new.root_version,
        new.document,
        new.signatures,
        size,
        new.note,
        new.at,
        new.by,
    )
    .execute(&mut *db)
    .await?;
    keep_objects(db, &new.files).await?;
    let paths: Vec<_> = new.files.iter().map(|file| file.path.to_owned()).collect();
    let hashes: Vec<_> = new.files.iter().map(|file| file.hash.to_vec()).collect();
    let sizes: Vec<_> = new
        .files
        .iter()
        .map(|file| file.bytes.len() as i32)
        .collect();
    sqlx::query!(
        r#"insert into bundle_file (manifest, path, hash, size)
           select $1, path, hash, size
           from unnest($2::text[], $3::bytea[], $4::integer[]) as new (path, hash, size)
           on conflict do nothing"#,
        &new.manifest[..],
        &paths,
        &hashes,
        &sizes,
    )
    .execute(db)
    .await
    .map(drop)
}

async fn keep_objects(db: &mut PgConnection, files: &[NewFile<'_>]) -> sqlx::Result<()> {
    let hashes: Vec<_> = files.iter().map(|file| file.hash.to_vec()).collect();
    let known = sqlx::query_scalar!(
        "select hash from content_object where hash = any($1)",
        &hashes
    )
    .fetch_all(&mut *db)
    .await?;
    let known: HashSet<_> = known.into_iter().collect();
    let new = files.iter().filter(|file| !known.contains(&file.hash[..]));
    let (mut hashes, mut sizes, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for file in new {
        let body = zstd::bulk::compress(file.bytes, LEVEL);
        hashes.push(file.hash.to_vec());
        sizes.push(file.bytes.len() as i32);
        bodies.push(body.map_err(|error| sqlx::Error::Encode(error.into()))?);
    }
    sqlx::query!(
        r#"insert into content_object (hash, size, body)
           select distinct on (hash) hash, size, body
           from unnest($1::bytea[], $2::integer[], $3::bytea[]) as new (hash, size, body)
           on conflict do nothing"#,
        &hashes,
        &sizes,
        &bodies,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The bundle that was published last, as it was signed.
#[derive(Debug, Clone)]
pub struct Last {
    pub serial: i64,
    pub root_version: i32,
    pub document: Vec<u8>,
    pub signatures: Vec<u8>,
}

/// The bundle that was published last. Serials rise with each, but for those of thieves.
///
/// # Errors
/// sqlx's.
pub async fn last(db: &mut PgConnection) -> sqlx::Result<Option<Last>> {
    sqlx::query_as!(
        Last,
        "select serial, root_version, document, signatures from bundle
         order by published_at desc, serial desc limit 1"
    )
    .fetch_optional(db)
    .await
}

/// Bundles below serial `before`, newest first, at most `limit`.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Bundle>> {
    sqlx::query_as!(
        Bundle,
        r#"select manifest, serial, created, expires, root_version, size, note, published_at,
                  published_by,
                  (select count(*) from bundle_file f where f.manifest = b.manifest) as "files!",
                  (select count(*) from host_content c where c.manifest = b.manifest) as "hosts!"
           from bundle b where $1::bigint is null or serial < $1
           order by serial desc limit $2"#,
        before,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The bundle of this serial.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection, serial: i64) -> sqlx::Result<Option<Bundle>> {
    let above = serial.checked_add(1);
    let found = list(db, above, 1).await?.into_iter().next();
    Ok(found.filter(|bundle| bundle.serial == serial))
}

/// What was signed of the bundle with this manifest.
///
/// # Errors
/// sqlx's.
pub async fn document(db: &mut PgConnection, manifest: &[u8]) -> sqlx::Result<Option<Document>> {
    sqlx::query_as!(
        Document,
        "select document, signatures from bundle where manifest = $1",
        manifest
    )
    .fetch_optional(db)
    .await
}

/// How many bytes each of these files has. What is not here is left out.
///
/// # Errors
/// sqlx's.
pub async fn sizes(
    db: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> sqlx::Result<HashMap<Vec<u8>, usize>> {
    let rows = sqlx::query!(
        "select hash, size from content_object where hash = any($1)",
        hashes
    )
    .fetch_all(db)
    .await?;
    let sizes = rows.into_iter().map(|row| (row.hash, row.size as usize));
    Ok(sizes.collect())
}

/// The bytes of these files. What is not here is left out.
///
/// # Errors
/// sqlx's, also when a row does not hold what it should.
pub async fn files(
    db: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> sqlx::Result<HashMap<Vec<u8>, Vec<u8>>> {
    let rows = sqlx::query!(
        "select hash, size, body from content_object where hash = any($1)",
        hashes
    )
    .fetch_all(db)
    .await?;
    let unpack = |body: &[u8], size: i32| {
        zstd::bulk::decompress(body, size as usize).map_err(|e| sqlx::Error::Decode(e.into()))
    };
    rows.into_iter()
        .map(|row| Ok((row.hash, unpack(&row.body, row.size)?)))
        .collect()
}

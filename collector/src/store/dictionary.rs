//! The dictionary: kinds, keys and values, each distinct one once for the whole fleet.
//!
//! New entries are written in statements of their own, before the transaction that refers to them:
//! an entry that nobody refers to harms nothing, and one that is cached is certain to be committed.
//! Entries are inserted in sorted order, so that two writers cannot wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use moka::sync::Cache;
use shared::fact::RowHash;
use sqlx::PgPool;
use tracing::warn;

/// Rows of the fleet that are remembered. At about 100 bytes each this is 50 MB at most; a fleet
/// of one distribution has some thousands.
const VALUES: u64 = 500_000;
/// Keys that are remembered, for rows that go away.
const KEYS: u64 = 200_000;

/// One row as it arrives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewRow {
    pub hash: RowHash,
    pub kind: String,
    pub key: String,
    /// Canonical JSON.
    pub value: String,
}

/// Where a row stands in the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub kind: i16,
    pub key_id: i64,
    pub value_id: i64,
}

/// The dictionary and what is remembered of it.
#[derive(Debug, Clone)]
pub struct Dictionary {
    db: PgPool,
    kinds: Cache<String, i16>,
    keys: Cache<(i16, String), i64>,
    values: Cache<RowHash, Entry>,
    /// Values that were found to be something else than their hash says, until the next host
    /// says what they are.
    damaged: Cache<RowHash, ()>,
}

/// The numbers of everything that a batch names.
#[derive(Debug, Default)]
pub struct Resolved {
    pub kinds: HashMap<String, i16>,
    pub keys: HashMap<(i16, String), i64>,
    pub rows: HashMap<RowHash, Entry>,
}

impl Dictionary {
    /// A dictionary that remembers nothing yet.
    pub fn new(db: PgPool) -> Self {
        Self {
            db,
            kinds: Cache::new(1_000),
            keys: Cache::new(KEYS),
            values: Cache::new(VALUES),
            damaged: Cache::new(VALUES),
        }
    }

    /// Whether this row is known, and was therefore checked when it was first seen.
    pub fn knows(&self, hash: &RowHash) -> bool {
        self.values.contains_key(hash)
    }

    /// From now on these rows are not believed to be what they are stored as; the next host that
    /// sends one of them puts it right, for every host that has it and for the past.
    pub fn distrust(&self, hashes: &[RowHash]) {
        for hash in hashes {
            self.damaged.insert(*hash, ());
            self.values.invalidate(hash);
        }
        if !hashes.is_empty() {
            // It may be the key that was changed, and then its number stands for another.
            self.keys.invalidate_all();
        }
    }

    /// The numbers of these kinds, of the keys of rows that go away, and of these rows. What is
    /// new is added.
    ///
    /// # Errors
    /// sqlx's.
    pub async fn resolve(
        &self,
        kinds: &BTreeSet<String>,
        keys: &BTreeSet<(String, String)>,
        rows: &BTreeMap<RowHash, &NewRow>,
    ) -> sqlx::Result<Resolved> {
        let mut found = Resolved::default();
        self.resolve_kinds(kinds, &mut found).await?;
        let mut wanted: BTreeSet<(i16, String)> = BTreeSet::new();
        for (kind, key) in keys {
            wanted.insert((found.kinds[kind], key.clone()));
        }
        let mut new = Vec::new();
        for (hash, row) in rows {
            match self.values.get(hash) {
                Some(entry) => drop(found.rows.insert(*hash, entry)),
                None => {
                    wanted.insert((found.kinds[&row.kind], row.key.clone()));
                    new.push(*row);
                }
            }
        }
        self.resolve_keys(wanted, &mut found).await?;
        self.resolve_values(&new, &mut found).await?;
        Ok(found)
    }

    async fn resolve_kinds(
        &self,
        kinds: &BTreeSet<String>,
        found: &mut Resolved,
    ) -> sqlx::Result<()> {
        for kind in kinds {
            let id = match self.kinds.get(kind) {
                Some(id) => id,
                None => self.add_kind(kind).await?,
            };
            found.kinds.insert(kind.clone(), id);
        }
        Ok(())
    }

    async fn add_kind(&self, kind: &str) -> sqlx::Result<i16> {
        sqlx::query!(
            // A conflict would take a number all the same, and there are only 32,767.
            "insert into fact_kind (name) select $1 where not exists (select from fact_kind where name = $1)
             on conflict do nothing",
            kind
        )
        .execute(&self.db)
        .await?;
        let id = sqlx::query_scalar!("select id from fact_kind where name = $1", kind)
            .fetch_one(&self.db)
            .await?;
        self.kinds.insert(kind.into(), id);
        Ok(id)
    }

    async fn resolve_keys(
        &self,
        wanted: BTreeSet<(i16, String)>,
        found: &mut Resolved,
    ) -> sqlx::Result<()> {
        let (mut kinds, mut keys) = (Vec::new(), Vec::new());
        for pair in wanted {
            match self.keys.get(&pair) {
                Some(id) => drop(found.keys.insert(pair, id)),
                None => {
                    kinds.push(pair.0);
                    keys.push(pair.1);
                }
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into fact_key (kind, key)
             select * from unnest($1::smallint[], $2::text[]) as new (kind, key)
             where not exists (select from fact_key old
                               where old.kind = new.kind and old.key = new.key)
             on conflict do nothing",
            &kinds,
            &keys,
        )
        .execute(&self.db)
        .await?;
        let rows = sqlx::query!(
            "select k.id, k.kind, k.key from unnest($1::smallint[], $2::text[]) as w (kind, key)
             join fact_key k on k.kind = w.kind and k.key = w.key",
            &kinds,
            &keys,
        )
        .fetch_all(&self.db)
        .await?;
        for row in rows {
            self.keys.insert((row.kind, row.key.clone()), row.id);
            found.keys.insert((row.kind, row.key), row.id);
        }
        Ok(())
    }

    async fn resolve_values(&self, new: &[&NewRow], found: &mut Resolved) -> sqlx::Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let kind_and_key = |row: &NewRow| {
            let kind = found.kinds[&row.kind];
            (kind, found.keys[&(kind, row.key.clone())])
        };
        let key_ids: Vec<i64> = new.iter().map(|row| kind_and_key(row).1).collect();
        let hashes: Vec<&[u8]> = new.iter().map(|row| &row.hash.0[..]).collect();
        let values: Vec<&str> = new.iter().map(|row| row.value.as_str()).collect();
        // Those that another collector has added are not tried, so that no identity is used up.
        sqlx::query!(
            "insert into fact_value (key_id, hash, value)
             select key_id, hash, value::jsonb
             from unnest($1::bigint[], $2::bytea[], $3::text[]) as new (key_id, hash, value)
             where not exists (select from fact_value old where old.hash = new.hash)
             on conflict do nothing",
            &key_ids,
            &hashes as &[&[u8]],
            &values as &[&str],
        )
        .execute(&self.db)
        .await?;
        self.mend(new, &key_ids).await?;
        let ids: HashMap<Vec<u8>, i64> = sqlx::query!(
            "select id, hash from fact_value where hash = any($1::bytea[])",
            &hashes as &[&[u8]],
        )
        .fetch_all(&self.db)
        .await?
        .into_iter()
        .map(|row| (row.hash, row.id))
        .collect();
        for row in new {
            let (kind, key_id) = kind_and_key(row);
            let value_id = *ids.get(&row.hash.0[..]).ok_or(sqlx::Error::RowNotFound)?;
            let entry = Entry {
                kind,
                key_id,
                value_id,
            };
            self.values.insert(row.hash, entry);
            found.rows.insert(row.hash, entry);
        }
        Ok(())
    }

    /// Puts right what is damaged, where one of these rows says what it was.
    async fn mend(&self, rows: &[&NewRow], key_ids: &[i64]) -> sqlx::Result<()> {
        for (row, key_id) in rows.iter().zip(key_ids) {
            if !self.damaged.contains_key(&row.hash) {
                continue;
            }
            sqlx::query!(
                "update fact_value set key_id = $2, value = $3::text::jsonb where hash = $1",
                &row.hash.0[..],
                key_id,
                row.value,
            )
            .execute(&self.db)
            .await?;
            warn!(
                kind = row.kind,
                key = row.key,
                "a value that had been changed is mended"
            );
            self.damaged.invalidate(&row.hash);
        }
        Ok(())
    }
}

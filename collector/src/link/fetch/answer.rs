//! Roots, manifests and files, as answers.

use std::{ops::Range, sync::Arc};

use quinn::SendStream;
use shared::wire::{ContentHash, FETCHED_BYTES, Fetched, Packed};

use super::{Context, Unserved, say};
use crate::store::bundle;

/// How hard a manifest is packed against another: what differs is small at any level from here on.
const LEVEL: i32 = 9;

/// The roots that follow version `after`.
pub(super) async fn roots(
    context: &Context,
    send: &mut SendStream,
    after: u32,
) -> Result<(), Unserved> {
    // Above what the table can hold there is none.
    let after = i32::try_from(after).unwrap_or(i32::MAX);
    let roots = async {
        let mut db = context.db.acquire().await?;
        bundle::root::after(&mut db, after).await
    };
    for root in roots.await.map_err(Unserved::Database)? {
        let (document, signatures) = (root.document, root.signatures);
        let message = Fetched::Root {
            document,
            signatures,
        };
        say(context, send, &message).await?;
    }
    Ok(())
}

/// A manifest, as what differs from `basis` where that is here too.
pub(super) async fn manifest(
    context: &Context,
    send: &mut SendStream,
    manifest: ContentHash,
    basis: Option<ContentHash>,
) -> Result<(), Unserved> {
    let Some(bundle::Document {
        document,
        signatures,
    }) = document(context, &manifest).await?
    else {
        return say(context, send, &Fetched::Missing(manifest)).await;
    };
    let against = match basis {
        Some(basis) => packed(context, manifest, &document, basis).await?,
        None => None,
    };
    let document = match against {
        Some(packed) => Packed::Against(packed.to_vec()),
        None => Packed::Whole(document),
    };
    let message = Fetched::Manifest {
        document,
        signatures,
    };
    say(context, send, &message).await
}

async fn document(
    context: &Context,
    manifest: &ContentHash,
) -> Result<Option<bundle::Document>, Unserved> {
    let found = async {
        let mut db = context.db.acquire().await?;
        bundle::document(&mut db, manifest).await
    };
    found.await.map_err(Unserved::Database)
}

/// `None`: the basis is not here.
async fn packed(
    context: &Context,
    manifest: ContentHash,
    document: &[u8],
    basis: ContentHash,
) -> Result<Option<Arc<[u8]>>, Unserved> {
    let remembered = &context.downloads.0.packed;
    if let Some(packed) = remembered.get(&(manifest, basis)) {
        return Ok(Some(packed));
    }
    let Some(known) = self::document(context, &basis).await? else {
        return Ok(None);
    };
    let packed: Arc<[u8]> = pack(document, &known.document)
        .map_err(Unserved::Pack)?
        .into();
    remembered.insert((manifest, basis), packed.clone());
    Ok(Some(packed))
}

fn pack(document: &[u8], basis: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::Compressor::with_dictionary(LEVEL, basis)?.compress(document)
}

/// Files, in this order, until one is missing.
pub(super) async fn files(
    context: &Context,
    send: &mut SendStream,
    hashes: &[ContentHash],
) -> Result<(), Unserved> {
    let names: Vec<_> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let sizes = async {
        let mut db = context.db.acquire().await?;
        bundle::sizes(&mut db, &names).await
    };
    let sizes = sizes.await.map_err(Unserved::Database)?;
    let known = names.iter().map_while(|name| sizes.get(name).copied());
    let known: Vec<_> = known.collect();
    for piece in pieces(&known) {
        let names = &names[piece];
        let found = async {
            let mut db = context.db.acquire().await?;
            bundle::files(&mut db, names).await
        };
        let found = found.await.map_err(Unserved::Database)?;
        let files = names.iter().map_while(|name| found.get(name).cloned());
        say(context, send, &Fetched::Files(files.collect())).await?;
    }
    match hashes.get(known.len()) {
        Some(missing) => say(context, send, &Fetched::Missing(*missing)).await,
        None => Ok(()),
    }
}

/// Which files go in one message, so that none is above [`FETCHED_BYTES`]; what is larger goes alone.
fn pieces(sizes: &[usize]) -> Vec<Range<usize>> {
    let (mut pieces, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (at, size) in sizes.iter().enumerate() {
        if at > begin && bytes + size > FETCHED_BYTES {
            pieces.push(begin..at);
            (begin, bytes) = (at, 0);
        }
        bytes += size;
    }
    if begin < sizes.len() {
        pieces.push(begin..sizes.len());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_every_file_once_in_order_and_are_not_too_large() {
        const HALF: usize = FETCHED_BYTES / 2;
        assert!(pieces(&[]).is_empty());
        assert_eq!(pieces(&[HALF, HALF, 1]), [0..2, 2..3]);
        let large = FETCHED_BYTES + 1;
        assert_eq!(pieces(&[1, large, 1, 0]), [0..1, 1..2, 2..4]);
        assert_eq!(pieces(&[large, large]), [0..1, 1..2]);
    }

    #[test]
    fn a_manifest_that_differs_in_a_line_is_packed_into_less_than_a_kilobyte() {
        let line = |n: u32, salt: u32| {
            let hash = shared::bundle::Hash::of(&[n.to_le_bytes(), salt.to_le_bytes()].concat());
            format!(
                "    \"rules/access/rule-{n}.yaml\": {{\n      \"sha256\": \"{hash}\"\n    }},\n"
            )
        };
        let text = |changed: u32| -> String {
            (0..900).map(|n| line(n, u32::from(n == changed))).collect()
        };
        let (old, new) = (text(1000), text(450));
        let packed = pack(new.as_bytes(), old.as_bytes()).unwrap();
        assert!(packed.len() < 1000, "{} bytes", packed.len());
        let mut unpack = zstd::bulk::Decompressor::with_dictionary(old.as_bytes()).unwrap();
        assert_eq!(unpack.decompress(&packed, 1 << 20).unwrap(), new.as_bytes());
    }
}

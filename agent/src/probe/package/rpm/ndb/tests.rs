use proptest::prelude::*;

use super::*;
use crate::probe::live;

/// A database of these headers: (number, header).
fn database(packages: &[(u32, &[u8])]) -> Vec<u8> {
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let mut page = [MAGIC.as_slice(), &words(&[0, 7, 1, 9, 0, 0, 0])].concat();
    let mut blobs = Vec::new();
    for (number, header) in packages {
        let mut blob = [
            HEAD_MAGIC.as_slice(),
            &words(&[*number, 0, header.len() as u32]),
        ]
        .concat();
        blob.extend(*header);
        while !(blob.len() + TAIL).is_multiple_of(16) {
            blob.push(0);
        }
        let sum = adler32(1, &blob);
        blob.extend(words(&[sum, header.len() as u32]));
        blob.extend(TAIL_MAGIC);
        let at = (PAGE + blobs.len()) / 16;
        page.extend(SLOT_MAGIC);
        page.extend(words(&[*number, at as u32, blob.len() as u32 / 16]));
        blobs.extend(blob);
    }
    while page.len() < PAGE {
        page.extend(SLOT_MAGIC);
        page.extend(words(&[0, 0, 0]));
    }
    page.extend(blobs);
    page
}

fn all(bytes: &[u8]) -> Result<Vec<(u32, Vec<u8>)>, NdbError> {
    let mut packages = Vec::new();
    each(bytes, |number, blob| {
        packages.push((number, blob.to_vec()));
        Ok::<_, NdbError>(())
    })?;
    Ok(packages)
}

#[test]
fn headers_come_with_their_numbers() {
    let long = vec![b'x'; 70_000];
    let bytes = database(&[(3, b"three"), (1, b""), (2, &long)]);
    let read = all(&bytes).unwrap();
    assert_eq!(read[0], (3, b"three".to_vec()));
    assert_eq!(read[1], (1, Vec::new()));
    assert_eq!(read[2], (2, long));
    assert!(all(&database(&[])).unwrap().is_empty());
}

#[test]
fn every_byte_of_a_header_is_held_against_the_checksum() {
    let whole = database(&[(1, b"a header")]);
    for at in PAGE..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        assert!(all(&broken).is_err(), "{at}");
    }
}

#[test]
fn every_cut_is_an_error() {
    let whole = database(&[(1, b"a header"), (2, b"another")]);
    for length in (0..whole.len()).step_by(16) {
        assert!(all(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn places_that_are_shared_or_doubled_are_refused() {
    let mut shared = database(&[(1, b"one"), (2, b"two")]);
    let first: [u8; 8] = shared[40..48].try_into().unwrap();
    shared[56..64].copy_from_slice(&first);
    let error = all(&shared).unwrap_err();
    assert!(error.to_string().contains("share"), "{error}");
    let error = all(&database(&[(1, b"one"), (1, b"two")])).unwrap_err();
    assert!(error.to_string().contains("two places"), "{error}");
}

#[test]
fn a_slot_that_points_into_the_slots_or_past_the_end_is_refused() {
    for offset in [1_u32, 255, 100_000, u32::MAX] {
        let mut bytes = database(&[(1, b"one")]);
        bytes[40..44].copy_from_slice(&offset.to_le_bytes());
        let error = all(&bytes).unwrap_err();
        assert!(error.to_string().contains("outside"), "{offset}: {error}");
    }
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("rpm-ndb", |bytes| {
        let _ = all(bytes);
    });
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _ = all(&bytes);
    }

    #[test]
    fn a_database_with_any_changes_is_read_without_panic(
        changes in prop::collection::vec((0..PAGE + 64, any::<u8>()), 1..8),
    ) {
        let mut bytes = database(&[(1, b"one"), (2, b"two")]);
        for (at, byte) in changes {
            // The slots in use and the blobs are where it matters.
            let at = if at % 2 == 0 { at % 64 } else { PAGE + at % 64 };
            bytes[at] = byte;
        }
        let _ = all(&bytes);
    }
}

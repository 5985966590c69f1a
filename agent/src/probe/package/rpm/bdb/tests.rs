use std::fs;

use proptest::prelude::*;

use super::*;
use crate::probe::{live, package::rpm::header};

fn seed(name: &str) -> Vec<u8> {
    fs::read(live::recorded("fuzz/rpm-bdb").join(name)).unwrap()
}

/// Name and release of each package, by number.
fn names(bytes: &[u8]) -> Result<Vec<(u32, String)>, BdbError> {
    let mut names = Vec::new();
    each(bytes, |number, blob| {
        let header = header::parse(blob).map_err(|_| BdbError::NotBdb("no header"))?;
        names.push((number, format!("{} {}", header.name, header.release)));
        Ok::<_, BdbError>(())
    })?;
    names.sort();
    Ok(names)
}

/// Both were written by Berkeley DB itself, with headers that span several pages.
#[test]
fn both_byte_orders_are_read_and_the_counter_is_no_package() {
    for name in ["big-endian-small-pages", "little-endian"] {
        let expected = ["tzdata 1.el8", "openssl-libs 9.el8_7", "bash 5.el8"];
        let read = names(&seed(name)).unwrap();
        assert_eq!(read.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3]);
        let read: Vec<_> = read.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(read, expected, "{name}");
    }
}

#[test]
fn every_missing_page_is_an_error() {
    let whole = seed("little-endian");
    for length in (0..whole.len()).step_by(512) {
        assert!(names(&whole[..length]).is_err(), "{length}");
    }
}

/// The offset in the file of the first page of this type.
fn page_of_type(bytes: &[u8], kind: u8) -> usize {
    let pages = 1..bytes.len() / 512;
    512 * pages
        .into_iter()
        .find(|n| bytes[n * 512 + 25] == kind)
        .unwrap()
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    for kind in [7, 13] {
        let mut bytes = seed("little-endian");
        let at = page_of_type(&bytes, kind);
        let own: [u8; 4] = bytes[at + 8..at + 12].try_into().unwrap();
        bytes[at + 16..at + 20].copy_from_slice(&own);
        let error = names(&bytes).unwrap_err();
        assert!(error.to_string().contains("two places"), "{kind}: {error}");
    }
}

#[test]
fn a_header_of_gigabytes_is_refused_before_it_is_read() {
    let mut bytes = seed("little-endian");
    let page = page_of_type(&bytes, 13);
    let items = bytes[page + 26..page + 46].chunks_exact(2);
    let mut items = items.map(|at| page + usize::from(u16::from_le_bytes([at[0], at[1]])));
    let item = items.find(|at| bytes[*at] == 3).unwrap();
    bytes[item + 8..item + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = names(&bytes).unwrap_err();
    assert!(matches!(error, BdbError::HeaderSize(_)), "{error}");
}

#[test]
fn what_is_encrypted_checksummed_or_a_tree_is_refused() {
    for (at, byte) in [(24, 1), (26, 1), (25, 9), (16, 7), (20, 1), (12, 0)] {
        let mut bytes = seed("little-endian");
        bytes[at] = byte;
        assert!(matches!(names(&bytes), Err(BdbError::NotBdb(_))), "{at}");
    }
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("rpm-bdb", |bytes| {
        let _ = names(bytes);
    });
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _ = names(&bytes);
    }

    #[test]
    fn a_database_with_any_changes_is_read_without_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        order: bool,
    ) {
        let mut bytes = seed(if order { "little-endian" } else { "big-endian-small-pages" });
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            // Half of the changes in the heads of pages, where they matter most.
            let at = if at % 2 == 0 { at } else { at - at % 512 + at % 28 };
            bytes[at] = byte;
        }
        let _ = names(&bytes);
    }
}

use std::io::Cursor;

use ::tar::{Builder, EntryType, Header};

use super::*;
use crate::{
    bundle::tests::manifest,
    trust::{
        Sort,
        test_keys::{document, part, root, signed},
    },
    wire::tests::corpus::replay,
};

/// A bundle with two files and a chain of two roots.
fn archive() -> Archive {
    let content = BTreeMap::from([
        ("rules/kernel/a.yaml".to_owned(), b"id: a\n".to_vec()),
        ("rules/kernel/b.yaml".to_owned(), vec![b'b'; 1000]),
    ]);
    let roots = [1, 2].map(|version| {
        let root = root(version, part(1, &[1]), part(1, &[4]));
        signed(document(&root), Sort::Root, &[1])
    });
    Archive {
        manifest: signed(manifest(1, &content).write().unwrap(), Sort::Bundle, &[4]),
        roots: roots.into(),
        content,
    }
}

fn bytes(archive: &Archive) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.write(&mut bytes).unwrap();
    bytes
}

/// What a tar is refused with.
fn refused(tar: &[u8]) -> ArchiveError {
    let packed = zstd::encode_all(tar, 1).unwrap();
    Archive::read(Cursor::new(packed)).unwrap_err()
}

/// The tar of the good bundle.
fn tar() -> Vec<u8> {
    zstd::decode_all(bytes(&archive()).as_slice()).unwrap()
}

/// The good bundle with one entry more, in the place of its end.
fn with(header: &Header, data: &[u8]) -> Vec<u8> {
    let good = tar();
    let mut more = Builder::new(Vec::new());
    more.append(header, data).unwrap();
    [&good[..good.len() - 1024], &more.into_inner().unwrap()].concat()
}

/// The header of an entry with any name.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

#[test]
fn a_bundle_is_read_as_it_was_written_and_written_in_one_way() {
    let archive = archive();
    let written = bytes(&archive);
    assert_eq!(Archive::read(Cursor::new(&written)).unwrap(), archive);
    assert_eq!(bytes(&archive), written);
}

#[test]
fn the_longest_path_fits_into_a_header() {
    let path = format!("{}/{}", "d".repeat(39), "f".repeat(100));
    let mut long = archive();
    long.content = BTreeMap::from([(path, b"x".to_vec())]);
    let manifest = manifest(1, &long.content).write().unwrap();
    long.manifest = signed(manifest, Sort::Bundle, &[4]);
    assert_eq!(Archive::read(Cursor::new(bytes(&long))).unwrap(), long);
}

#[test]
fn an_archive_that_was_cut_anywhere_is_refused() {
    let good = bytes(&archive());
    for length in 0..good.len() {
        assert!(Archive::read(&good[..length]).is_err(), "{length} bytes");
    }
    let tar = tar();
    for length in (0..tar.len()).step_by(256) {
        let told = refused(&tar[..length]);
        assert!(
            matches!(told, ArchiveError::Truncated),
            "{length} bytes: {told}"
        );
    }
}

#[test]
fn whatever_follows_the_end_is_refused() {
    let good = bytes(&archive());
    for more in [b"\0".as_slice(), b"more", &good] {
        let told = Archive::read(Cursor::new([&good, more].concat())).unwrap_err();
        assert!(matches!(told, ArchiveError::Trailing), "{told}");
    }
    for more in [b"\0".as_slice(), &[0; 512], b"more"] {
        let told = refused(&[&tar(), more].concat());
        assert!(matches!(told, ArchiveError::Trailing), "{told}");
    }
}

#[test]
fn a_byte_that_was_changed_is_refused_wherever_it_is() {
    let good = tar();
    // A step that comes to every place of a block.
    for at in (0..good.len()).step_by(37) {
        let mut other = good.clone();
        other[at] ^= 1;
        let packed = zstd::encode_all(other.as_slice(), 1).unwrap();
        if let Ok(read) = Archive::read(Cursor::new(packed)) {
            // It was within a document or its signatures: whether those hold is for `verify`.
            assert_eq!(read.content, archive().content, "byte {at}");
            assert_ne!(read, archive(), "byte {at}");
        }
    }
}

#[test]
fn links_devices_folders_and_extensions_are_refused_by_name() {
    for (kind, what) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::Directory, "a folder"),
        (EntryType::GNUSparse, "a file with holes"),
        (EntryType::GNULongName, "a long name"),
        (EntryType::XHeader, "a header with extensions"),
        (EntryType::XGlobalHeader, "a header with extensions"),
        (EntryType::Continuous, "something unknown"),
    ] {
        let mut header = header("content/rules/x", kind, 0);
        header.set_link_name("/etc/shadow").unwrap();
        header.set_cksum();
        let told = refused(&with(&header, b"")).to_string();
        assert!(
            told.contains("content/rules/x") && told.contains(what),
            "{kind:?}: {told}"
        );
    }
}

#[test]
fn a_path_that_escapes_is_refused() {
    for path in [
        "../x",
        "/etc/cron.d/x",
        "content/../../x",
        "content/rules/..",
    ] {
        let told = refused(&with(&header(path, EntryType::Regular, 1), b"x"));
        assert!(
            matches!(&told, ArchiveError::Escapes(found) if found == path),
            "{path}: {told}"
        );
    }
}

#[test]
fn a_file_that_is_not_in_the_manifest_or_is_there_twice_is_refused() {
    for path in [
        "content/rules/kernel/c.yaml",
        "other",
        "roots/3.json",
        "content/./x",
    ] {
        let told = refused(&with(&header(path, EntryType::Regular, 1), b"x"));
        assert!(
            matches!(&told, ArchiveError::Unlisted(found) if found == path),
            "{path}: {told}"
        );
    }
    for path in [
        "content/rules/kernel/a.yaml",
        "manifest.json",
        "roots/1.json",
    ] {
        let told = refused(&with(&header(path, EntryType::Regular, 6), b"id: a\n"));
        assert!(
            matches!(&told, ArchiveError::Twice(found) if found == path),
            "{path}: {told}"
        );
    }
}

#[test]
fn a_file_that_is_missing_is_named() {
    for path in ["rules/kernel/a.yaml", "rules/kernel/b.yaml"] {
        let mut less = archive();
        less.content.remove(path);
        let told = Archive::read(Cursor::new(bytes(&less))).unwrap_err();
        let name = format!("content/{path}");
        assert!(
            matches!(&told, ArchiveError::Missing(found) if *found == name),
            "{told}"
        );
    }
    let told = refused(&[0; 1024]);
    assert!(
        matches!(&told, ArchiveError::Missing(name) if name == "manifest.json"),
        "{told}"
    );
}

#[test]
fn a_file_of_another_size_or_with_other_bytes_is_refused() {
    let changed = |bytes: &[u8]| {
        let mut other = archive();
        other
            .content
            .insert("rules/kernel/a.yaml".into(), bytes.to_vec());
        Archive::read(Cursor::new(self::bytes(&other))).unwrap_err()
    };
    assert!(matches!(
        changed(b"id: a"),
        ArchiveError::Size {
            size: 5,
            told: 6,
            ..
        }
    ));
    assert!(matches!(changed(b"id: b\n"), ArchiveError::Hash(_)));
}

#[test]
fn a_chain_of_roots_with_a_gap_or_a_wrong_name_is_refused() {
    let mut gap = archive();
    let third = root(3, part(1, &[1]), part(1, &[4]));
    gap.roots[1] = signed(document(&third), Sort::Root, &[1]);
    let told = Archive::read(Cursor::new(bytes(&gap))).unwrap_err();
    assert!(
        matches!(&told, ArchiveError::Missing(name) if name == "roots/2.json"),
        "{told}"
    );
    let mut wrong = tar();
    let name = b"roots/1.json";
    let at = wrong
        .windows(name.len())
        .position(|part| part == name)
        .unwrap();
    wrong.truncate(at);
    let mut tail = Vec::new();
    let one = &archive().roots[0];
    block::add(&mut tail, "roots/9.json", &one.document).unwrap();
    block::add(&mut tail, "roots/9.json.sig", &one.signatures_file()).unwrap();
    let told = refused(&[wrong, tail].concat());
    assert!(
        matches!(
            told,
            ArchiveError::Version {
                named: 9,
                version: 1
            }
        ),
        "{told}"
    );
}

#[test]
fn a_header_that_tells_an_owner_a_mode_or_a_time_is_refused() {
    let good = tar();
    let size = archive().manifest.document.len() as u64;
    for change in [
        (|header: &mut Header| header.set_mode(0o4755)) as fn(&mut Header),
        |header| header.set_uid(1000),
        |header| header.set_mtime(1),
        |header| header.set_username("root").unwrap(),
        |header| header.as_mut_bytes()[511] = 1,
    ] {
        let mut header = header("manifest.json", EntryType::Regular, size);
        change(&mut header);
        header.set_cksum();
        let told = refused(&[header.as_bytes(), &good[512..]].concat());
        assert!(matches!(told, ArchiveError::Header(_)), "{told}");
    }
}

#[test]
fn a_manifest_that_is_too_large_is_refused_before_it_is_read() {
    let header = header("manifest.json", EntryType::Regular, 1 << 40);
    let told = refused(header.as_bytes());
    assert!(matches!(told, ArchiveError::Large { .. }), "{told}");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    // A gigabyte of zeros in 100 kB, where the manifest is due and where the bundle has ended.
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    io::copy(&mut io::repeat(0).take(1 << 30), &mut bomb).unwrap();
    let told = Archive::read(Cursor::new(bomb.finish().unwrap())).unwrap_err();
    assert!(matches!(told, ArchiveError::Missing(_)), "{told}");
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    bomb.write_all(&tar()).unwrap();
    io::copy(&mut io::repeat(0).take(1 << 30), &mut bomb).unwrap();
    let told = Archive::read(Cursor::new(bomb.finish().unwrap())).unwrap_err();
    assert!(matches!(told, ArchiveError::Trailing), "{told}");
}

#[test]
fn a_frame_that_would_take_more_memory_than_a_bundle_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(WINDOW_LOG + 1).unwrap();
    encoder.write_all(&tar()).unwrap();
    let told = Archive::read(Cursor::new(encoder.finish().unwrap())).unwrap_err();
    assert!(matches!(told, ArchiveError::Unpack(_)), "{told}");
}

#[test]
fn endless_data_that_never_becomes_anything_is_given_up() {
    // The head of a frame, and then blocks that are empty and never the last.
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let told = Archive::read(head.chain(io::repeat(0))).unwrap_err();
    assert!(matches!(told, ArchiveError::TooLarge), "{told}");
}

/// The seeds of the fuzz target `bundle_archive`: bundles, and tars that were not packed.
#[test]
fn what_is_found_in_the_corpus_is_read_as_it_would_be_written_or_refused() {
    let read = |packed: &[u8]| {
        let read = Archive::read(packed);
        if let Ok(archive) = &read {
            let again = bytes(archive);
            assert_eq!(&Archive::read(again.as_slice()).unwrap(), archive);
        }
        read.is_ok()
    };
    replay("bundle_archive", |bytes| {
        let packed = zstd::encode_all(bytes, 1).unwrap();
        read(bytes) | read(&packed)
    });
}

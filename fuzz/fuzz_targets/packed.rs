//! Compressed lists; the first byte chooses the compression.
#![no_main]

use std::io::{self, Cursor, Read as _};

use agent::probe::update::packed::unpacked;

/// More than four KiB of any of them should unpack to, and little enough to go on.
const MOST: u64 = 16 << 20;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let path = ["list.gz", "list.lz4", "list.zst"][usize::from(*choice) % 3];
    if let Ok(unpacked) = unpacked(Cursor::new(bytes.to_vec()), path) {
        let _ = io::copy(&mut unpacked.take(MOST), &mut io::sink());
    }
});

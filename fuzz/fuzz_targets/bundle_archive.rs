//! Bundles that somebody hands to an administrator, as they are and as the tar within. What is read is
//! what would be written.
#![no_main]

use shared::bundle::Archive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let packed = zstd::encode_all(bytes, 1).expect("memory");
    read(&packed);
});

fn read(bytes: &[u8]) {
    let Ok(archive) = Archive::read(bytes) else {
        return;
    };
    let mut again = Vec::new();
    archive.write(&mut again).expect("what was read can be written");
    assert_eq!(Archive::read(again.as_slice()).expect("a bundle"), archive);
}

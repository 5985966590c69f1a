//! Files that may be compressed, read as a stream within bounds.
//!
//! xz and bzip2 are not read: xz needs up to 64 MiB for its window, more than the whole agent may
//! take. Neither is what the package managers choose by themselves.

use std::io::{self, BufRead, BufReader, Read};

use shared::wire::{Stale, StaleReason};

use crate::{host::Host, probe};

/// How much of a file is read or unpacked at once, bytes.
const BUFFER: usize = 64 << 10;

/// The most that a file unpacks to. The largest real ones, of rolling distributions, have a third.
const MAX_UNPACKED: u64 = 1 << 30;

/// The largest window of zstd that is allowed, as a power of two: 8 MiB, that of its level 19.
const MAX_WINDOW: u32 = 23;

/// Opens `path` and unpacks it by what its name ends in.
///
/// # Errors
/// Why it cannot be opened; unavailable when it is of a compression that is not read.
pub(super) fn open(host: &Host, path: &str) -> Result<Box<dyn BufRead>, Stale> {
    let unpacked = unpacked(host.open(path)?, path)?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, unpacked)))
}

/// What `file` unpacks to, by what the name at the end of `path` ends in.
///
/// # Errors
/// Unavailable when it is of a compression that is not read.
pub fn unpacked<F: Read + 'static>(
    file: F,
    path: &str,
) -> Result<impl Read + 'static + use<F>, Stale> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let packed: Box<dyn Read> = match ending {
        "gz" => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
        "lz4" => Box::new(lz4_flex::frame::FrameDecoder::new(BufReader::new(file))),
        "zst" => {
            let failed = |error| probe::unavailable(format!("{path}: {error}"));
            let mut decoder = zstd::stream::read::Decoder::new(file).map_err(failed)?;
            decoder.window_log_max(MAX_WINDOW).map_err(failed)?;
            Box::new(decoder)
        }
        "xz" | "bz2" | "lzma" | "zck" => {
            return Err(probe::unavailable(format!(
                "{path} is compressed in a way that is not read ({ending})"
            )));
        }
        _ => Box::new(file),
    };
    Ok(Bounded {
        inner: packed,
        left: MAX_UNPACKED,
    })
}

/// What an error while reading such a file means for the kind.
pub(super) fn reason(error: &io::Error) -> StaleReason {
    match error.kind() {
        io::ErrorKind::FileTooLarge => StaleReason::TooLarge,
        // The system refused; all others are of what was read.
        _ if error.raw_os_error().is_some() => StaleReason::Failed,
        _ => StaleReason::Malformed,
    }
}

/// Refuses to give more than there may be, rather than to end as if that were all.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or_else(|| {
            let text = format!("unpacks to more than {MAX_UNPACKED} bytes");
            io::Error::new(io::ErrorKind::FileTooLarge, text)
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Cursor, Write as _},
    };

    use shared::clock::SystemClock;

    use super::*;
    use crate::probe::live;

    #[test]
    fn each_compression_gives_what_was_packed_and_others_are_named() {
        let root = tempfile::tempdir().unwrap();
        let text = b"Package: bash\n".repeat(20_000);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&text).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&text).unwrap();
        for (name, packed) in [
            ("list", text.clone()),
            ("list.gz", gz.finish().unwrap()),
            ("list.lz4", lz4.finish().unwrap()),
            ("list.zst", zstd::encode_all(text.as_slice(), 3).unwrap()),
        ] {
            fs::write(root.path().join(name), packed).unwrap();
            let host = Host::at(root.path(), SystemClock::shared());
            let mut read = Vec::new();
            let mut file = open(&host, &format!("/{name}")).unwrap();
            file.read_to_end(&mut read).unwrap();
            assert!(read == text, "{name}");
        }
        fs::write(root.path().join("list.xz"), "").unwrap();
        let host = Host::at(root.path(), SystemClock::shared());
        let stale = open(&host, "/list.xz").err().unwrap();
        assert_eq!(stale.reason, StaleReason::Unavailable);
        assert!(stale.detail.contains("xz"));
    }

    #[test]
    fn what_unpacks_to_too_much_is_an_error_not_an_end() {
        let mut bounded = Bounded {
            inner: io::repeat(b'x').take(20),
            left: 19,
        };
        let error = bounded.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(reason(&error), StaleReason::TooLarge);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("packed", |bytes| {
            let Some((choice, bytes)) = bytes.split_first() else {
                return;
            };
            let path = ["list.gz", "list.lz4", "list.zst"][usize::from(*choice) % 3];
            let unpacked = unpacked(Cursor::new(bytes.to_vec()), path).unwrap();
            let _ = io::copy(&mut unpacked.take(1 << 20), &mut io::sink());
        });
    }
}

//! The parser of the headers in rpm's database: two lengths, an index of sixteen bytes an entry
//! (tag, type, offset, count), and the data that the offsets point into; all big endian. Pure.

use std::borrow::Cow;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const INSTALL_TIME: u32 = 1008;
const SIZE: u32 = 1009;
const VENDOR: u32 = 1011;
const ARCHITECTURE: u32 = 1022;
const SOURCE_RPM: u32 = 1044;
/// In place of [`SIZE`] where that would not fit.
const LONG_SIZE: u32 = 5009;
const MODULE: u32 = 5096;

const INT32: u32 = 4;
const INT64: u32 = 5;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// Bytes of one index entry.
const ENTRY: usize = 16;

/// What a header says of its package.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    pub name: Cow<'a, str>,
    pub version: Cow<'a, str>,
    pub release: Cow<'a, str>,
    /// `None` counts as 0 in comparisons.
    pub epoch: Option<u32>,
    /// `None` of `gpg-pubkey` rows.
    pub architecture: Option<Cow<'a, str>>,
    pub vendor: Option<Cow<'a, str>>,
    /// File name of the source RPM.
    pub source_rpm: Option<Cow<'a, str>>,
    /// Seconds since the Unix epoch.
    pub installed_at: Option<u32>,
    /// Bytes of all files.
    pub size: Option<u64>,
    /// `name:stream:version:context` of the module that it came with. `None` of most.
    pub module: Option<Cow<'a, str>>,
}

impl Header<'_> {
    /// `[epoch:]version-release`.
    pub fn full_version(&self) -> String {
        match self.epoch {
            Some(epoch) => format!("{epoch}:{}-{}", self.version, self.release),
            None => format!("{}-{}", self.version, self.release),
        }
    }
}

/// Why bytes are not the header of a package.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeaderError {
    #[error("the header ends before its index and its data do")]
    Short,
    #[error("tag {tag} of type {kind} points outside the data or has another type than it should")]
    Tag { tag: u32, kind: u32 },
    #[error("the header has no {0}")]
    Missing(&'static str),
}

/// Reads a header as it is in the database: without the magic that one in a file has.
///
/// # Errors
/// [`HeaderError`]. Tags that are not read here are not checked either.
pub fn parse(blob: &[u8]) -> Result<Header<'_>, HeaderError> {
    let (entries, data) = split(blob).ok_or(HeaderError::Short)?;
    let mut header = Header::default();
    // Entries that were added at installation follow those of the package, and win.
    for entry in entries.chunks_exact(ENTRY) {
        let [tag, kind, offset, count] = [0, 4, 8, 12].map(|at| number(entry, at).unwrap_or(0));
        let value = Value {
            kind,
            count,
            rest: data.get(offset as usize..),
        };
        let wrong = || HeaderError::Tag { tag, kind };
        match tag {
            NAME => header.name = value.text().ok_or_else(wrong)?,
            VERSION => header.version = value.text().ok_or_else(wrong)?,
            RELEASE => header.release = value.text().ok_or_else(wrong)?,
            EPOCH => header.epoch = Some(value.int32().ok_or_else(wrong)?),
            INSTALL_TIME => header.installed_at = Some(value.int32().ok_or_else(wrong)?),
            SIZE => header.size = Some(value.int32().ok_or_else(wrong)?.into()),
            LONG_SIZE => header.size = Some(value.int64().ok_or_else(wrong)?),
            VENDOR => header.vendor = Some(value.text().ok_or_else(wrong)?),
            ARCHITECTURE => header.architecture = Some(value.text().ok_or_else(wrong)?),
            MODULE => header.module = Some(value.text().ok_or_else(wrong)?),
            SOURCE_RPM => header.source_rpm = Some(value.text().ok_or_else(wrong)?),
            _ => {}
        }
    }
    for (text, what) in [
        (&header.name, "name"),
        (&header.version, "version"),
        (&header.release, "release"),
    ] {
        if text.is_empty() {
            return Err(HeaderError::Missing(what));
        }
    }
    Ok(header)
}

/// The index and the data.
fn split(blob: &[u8]) -> Option<(&[u8], &[u8])> {
    let index = (number(blob, 0)? as usize).checked_mul(ENTRY)?;
    let length = number(blob, 4)? as usize;
    let (index, rest) = blob.get(8..)?.split_at_checked(index)?;
    Some((index, rest.get(..length)?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*four))
}

struct Value<'a> {
    kind: u32,
    count: u32,
    /// The data from the value on; `None` where the offset is outside.
    rest: Option<&'a [u8]>,
}

impl<'a> Value<'a> {
    /// The string, or the first of several.
    fn text(&self) -> Option<Cow<'a, str>> {
        if !matches!(self.kind, STRING | STRING_ARRAY | I18N_STRING) || self.count == 0 {
            return None;
        }
        let rest = self.rest?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&rest[..end]))
    }

    fn int32(&self) -> Option<u32> {
        (self.kind == INT32 && self.count > 0).then(|| number(self.rest?, 0))?
    }

    fn int64(&self) -> Option<u64> {
        let eight = self.rest?.first_chunk()?;
        (self.kind == INT64 && self.count > 0).then(|| u64::from_be_bytes(*eight))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    /// A header of these tags: (tag, type, bytes).
    fn blob(tags: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let (mut index, mut data) = (Vec::new(), Vec::<u8>::new());
        for (tag, kind, value) in tags {
            for word in [*tag, *kind, data.len() as u32, 1] {
                index.extend(word.to_be_bytes());
            }
            data.extend(*value);
        }
        let mut blob = (tags.len() as u32).to_be_bytes().to_vec();
        blob.extend((data.len() as u32).to_be_bytes());
        blob.extend(index);
        blob.extend(data);
        blob
    }

    const LEAST: [(u32, u32, &[u8]); 3] = [
        (NAME, STRING, b"bash\0"),
        (VERSION, STRING, b"5.1\0"),
        (RELEASE, STRING, b"9.el9\0"),
    ];

    #[test]
    fn what_was_added_at_installation_wins() {
        let mut tags = LEAST.to_vec();
        tags.push((INSTALL_TIME, INT32, &[0, 0, 0, 1]));
        tags.push((LONG_SIZE, INT64, &[0, 0, 1, 0, 0, 0, 0, 0]));
        tags.push((INSTALL_TIME, INT32, &[0, 0, 0, 2]));
        tags.push((63, 7, b"a region's trailer"));
        let blob = blob(&tags);
        let header = parse(&blob).unwrap();
        assert_eq!(header.installed_at, Some(2));
        assert_eq!(header.size, Some(1 << 40));
        assert_eq!((header.epoch, header.architecture), (None, None));
    }

    #[test]
    fn every_cut_of_a_header_is_an_error() {
        let whole = blob(&LEAST);
        assert!(parse(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_name_that_is_missing_or_no_string_is_an_error() {
        assert_eq!(parse(&blob(&LEAST[1..])), Err(HeaderError::Missing("name")));
        let number = blob(&[(NAME, INT32, &[0, 0, 0, 1])]);
        assert_eq!(
            parse(&number),
            Err(HeaderError::Tag {
                tag: NAME,
                kind: INT32
            })
        );
        let unended = blob(&[(NAME, STRING, b"bash")]);
        assert!(parse(&unended).is_err());
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("rpm-header", |bytes| {
            let _ = parse(bytes);
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_index_over_any_data_is_read_without_panic(
            tags in prop::collection::vec((995_u32..1050, 0_u32..12, prop::collection::vec(any::<u8>(), 0..9)), 0..12),
            at in any::<prop::sample::Index>(),
            byte: u8,
        ) {
            let tags: Vec<_> = tags.iter().map(|(t, k, v)| (*t, *k, v.as_slice())).collect();
            let mut blob = blob(&tags);
            let at = at.index(blob.len());
            blob[at] = byte;
            let _ = parse(&blob);
        }
    }
}

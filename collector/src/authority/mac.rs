//! What the collector gives away and takes back unchanged, such as the cursor of a list: marked with a key of
//! the installation, so that nobody else makes one and no database is asked.

use std::sync::Arc;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};

/// Length of a mark, bytes.
pub const MARK: usize = 32;

/// The key for marks, HMAC-SHA-256. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mac(Arc<hmac::Key>);

impl Mac {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// The mark of these parts, in this order. The first names what it is for, so that a mark is good for that
    /// alone. Their lengths are marked too: what is moved from one part to the next is something else.
    pub fn mark<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; MARK] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Whether this is the mark of these parts. How long it takes tells nothing of where they differ.
    pub fn is_mark<'a>(&self, mark: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> bool {
        verify_slices_are_equal(&self.mark(parts), mark).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(texts: &[&'a str]) -> Vec<&'a [u8]> {
        texts.iter().map(|text| text.as_bytes()).collect()
    }

    #[test]
    fn a_mark_is_of_its_key_and_its_parts() {
        let (mac, other) = (Mac::new(&[1; 32]), Mac::new(&[2; 32]));
        let mark = mac.mark(parts(&["cursor", "ab", "c"]));
        assert!(mac.is_mark(&mark, parts(&["cursor", "ab", "c"])));
        assert!(!other.is_mark(&mark, parts(&["cursor", "ab", "c"])));
        for moved in [
            &["cursor", "a", "bc"][..],
            &["cursor", "abc"],
            &["cursor", "ab", "c", ""],
            &["other", "ab", "c"],
        ] {
            assert!(!mac.is_mark(&mark, parts(moved)), "{moved:?}");
        }
        assert!(!mac.is_mark(&mark[..31], parts(&["cursor", "ab", "c"])));
        assert!(!mac.is_mark(b"", parts(&["cursor", "ab", "c"])));
    }
}

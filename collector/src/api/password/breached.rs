//! Passwords that attackers try first: a list that is compiled in (`collector/data/README.md`), and one that an
//! administrator may add. Both are asked here, and nothing is asked of anybody elsewhere.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use aws_lc_rs::digest;

/// Prefixes of the SHA-1 of each, sorted.
static SHIPPED: &[u8] = include_bytes!("../../../data/breached.bin");
/// Bytes of each prefix.
const WIDTH: usize = 5;
/// Most passwords that an administrator's file may have: eight bytes of memory each.
const MOST: usize = 5_000_000;

/// What is known to be in attackers' lists.
#[derive(Debug, Default)]
pub struct Breached {
    /// The first eight bytes of the SHA-1 of an administrator's own, sorted.
    own: Vec<u64>,
}

/// Why an administrator's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BreachedError {
    #[error("reading it")]
    Read(#[source] io::Error),
    #[error("it has more than {MOST} lines")]
    TooLong,
}

impl Breached {
    /// With the passwords of a file, one a line: the password itself, or its SHA-1 as 40 hexadecimal digits,
    /// behind which a colon and anything may follow, as lists of leaked passwords have it.
    ///
    /// # Errors
    /// [`BreachedError`].
    pub fn with_file(path: &Path) -> Result<Self, BreachedError> {
        let file = File::open(path).map_err(BreachedError::Read)?;
        let mut own = Vec::new();
        for line in BufReader::new(file).split(b'\n') {
            let line = line.map_err(BreachedError::Read)?;
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if line.is_empty() {
                continue;
            }
            if own.len() == MOST {
                return Err(BreachedError::TooLong);
            }
            own.push(hashed(line).unwrap_or_else(|| head(&sha1(line))));
        }
        own.sort_unstable();
        own.dedup();
        Ok(Self { own })
    }

    /// Whether this text, or it in small letters, is one of them.
    pub(crate) fn has(&self, password: &str) -> bool {
        let small = sha1(password.to_lowercase().as_bytes());
        let own = |hash: &[u8; 20]| self.own.binary_search(&head(hash)).is_ok();
        shipped(&small) || own(&small) || own(&sha1(password.as_bytes()))
    }
}

fn shipped(hash: &[u8; 20]) -> bool {
    let (prefixes, _) = SHIPPED.as_chunks::<WIDTH>();
    prefixes
        .binary_search_by(|prefix| prefix[..].cmp(&hash[..WIDTH]))
        .is_ok()
}

fn sha1(text: &[u8]) -> [u8; 20] {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text);
    hash.as_ref().try_into().expect("SHA-1 has 20 bytes")
}

fn head(hash: &[u8; 20]) -> u64 {
    let (head, _) = hash.split_first_chunk().expect("20 are more than 8");
    u64::from_be_bytes(*head)
}

/// The head of the hash that a line is, if it is one.
fn hashed(line: &[u8]) -> Option<u64> {
    let (digits, rest) = line.split_at_checked(40)?;
    let ends = rest.is_empty() || rest.starts_with(b":");
    let digits = std::str::from_utf8(digits).ok().filter(|_| ends)?;
    let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hexadecimal.then(|| u64::from_str_radix(&digits[..16], 16).ok())?
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_shipped_is_sorted_and_found() {
        let (prefixes, rest) = SHIPPED.as_chunks::<WIDTH>();
        assert!(prefixes.len() > 50_000 && rest.is_empty());
        assert!(prefixes.is_sorted());
        let breached = Breached::default();
        for known in [
            "password",
            "PassWord",
            "dragon",
            "1qaz2wsx3edc4rfv",
            "123456789987654321",
        ] {
            assert!(breached.has(known), "{known}");
        }
        for unknown in ["", "correct horse battery", "xkfjw-quintile-brod"] {
            assert!(!breached.has(unknown), "{unknown}");
        }
    }

    #[test]
    fn an_administrators_file_has_passwords_or_their_hashes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let summer: String = sha1(b"summer in the city")
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect();
        fs::write(
            file.path(),
            format!("our town is lovely\r\n{summer}:12\n\n"),
        )
        .unwrap();
        let breached = Breached::with_file(file.path()).unwrap();
        assert_eq!(breached.own.len(), 2);
        for known in [
            "our town is lovely",
            "Our Town Is Lovely",
            "summer in the city",
        ] {
            assert!(breached.has(known), "{known}");
        }
        assert!(!breached.has("summer in the town"));
        assert!(matches!(
            Breached::with_file(Path::new("/nonexistent")),
            Err(BreachedError::Read(_))
        ));
    }
}

//! Backup codes: made ten at a time, shown once, good once each.
//!
//! A code has 80 random bits, so that what the database keeps of it cannot be guessed at and needs no slow
//! hash.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// So many are made at a time.
pub const COUNT: usize = 10;
/// Letters of a code.
const LENGTH: usize = 16;
/// Crockford's, without the letters that are taken for others.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// New codes, as they are shown: `0a1b-2c3d-4e5f-6g7h`.
///
/// # Errors
/// When there is no randomness.
pub fn new() -> Result<Vec<String>, getrandom::Error> {
    (0..COUNT)
        .map(|_| {
            let mut random = [0; LENGTH];
            getrandom::fill(&mut random)?;
            let letters = random.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
            let groups: Vec<String> = letters
                .chunks(4)
                .map(|four| four.iter().collect())
                .collect();
            Ok(groups.join("-"))
        })
        .collect()
}

/// What is kept of an account's code; `None` when the text cannot be one. Case, spaces and dashes do not
/// matter, and letters that are taken for digits are those digits.
pub fn hash(account: Uuid, code: &str) -> Option<[u8; 32]> {
    let letters: Option<Vec<u8>> = code
        .bytes()
        .filter(|byte| !matches!(byte, b'-' | b' '))
        .map(|byte| match byte.to_ascii_lowercase() {
            b'o' => Some(b'0'),
            b'i' | b'l' => Some(b'1'),
            letter => LETTERS.contains(&letter).then_some(letter),
        })
        .collect();
    let letters = letters.filter(|letters| letters.len() == LENGTH)?;
    let mut hasher = Sha256::new();
    hasher.update(b"openwatch-backup-code/1\0");
    hasher.update(account.as_bytes());
    hasher.update(&letters);
    Some(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_known_again_however_it_is_typed_and_for_its_account_alone() {
        let account = Uuid::from_u128(1);
        let known = hash(account, "0a1b-2c3d-4e5f-6g7h").unwrap();
        for typed in [
            "0A1B2C3D4E5F6G7H",
            "oaib 2c3d 4e5f 6g7h",
            "0alb-2c3d-4e5f-6g7h",
        ] {
            assert_eq!(hash(account, typed), Some(known), "{typed}");
        }
        assert_ne!(hash(Uuid::from_u128(2), "0a1b-2c3d-4e5f-6g7h"), Some(known));
        for none in [
            "",
            "123456",
            "0a1b-2c3d-4e5f-6g7",
            "0a1b-2c3d-4e5f-6g7u",
            "0a1b-2c3d-4e5f-6g7é",
        ] {
            assert_eq!(hash(account, none), None, "{none}");
        }
    }

    #[test]
    fn codes_differ() {
        let codes: BTreeSet<String> = new().unwrap().into_iter().collect();
        assert_eq!(codes.len(), COUNT);
        assert!(codes.iter().all(|code| hash(Uuid::nil(), code).is_some()));
    }
}

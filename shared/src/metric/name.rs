//! Names of series: `cpu.user`, `disk.read_bytes{device=sda}`.
//!
//! A family is lower case words between dots; labels are what tells its series apart. Values of
//! labels come from a host, so that they hold only what can be stored, shown and searched anywhere
//! without escaping.

use std::borrow::Cow;

/// Longest name, bytes.
pub const MAX_NAME: usize = 128;

/// A name that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a> {
    pub family: &'a str,
    /// Labels and values, in the order of the name.
    pub labels: Vec<(&'a str, &'a str)>,
}

impl<'a> Name<'a> {
    /// The parts of `text`; `None` when it is no name.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_NAME {
            return None;
        }
        let (family, labels) = match text.split_once('{') {
            None => (text, None),
            Some((family, rest)) => (family, Some(rest.strip_suffix('}')?)),
        };
        if !family.split('.').all(is_word) {
            return None;
        }
        let labels = labels.into_iter().flat_map(|labels| labels.split(','));
        let labels = labels.map(|label| {
            let (key, value) = label.split_once('=')?;
            let good = is_word(key) && !value.is_empty() && value.bytes().all(is_plain);
            good.then_some((key, value))
        });
        let labels: Vec<(&str, &str)> = labels.collect::<Option<_>>()?;
        let twice = |n: usize| labels[..n].iter().any(|(key, _)| *key == labels[n].0);
        if (0..labels.len()).any(twice) {
            return None;
        }
        Some(Self { family, labels })
    }
}

/// `text` as the value of a label: every other character is `_`.
pub fn label(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return "_".into();
    }
    if text.bytes().all(is_plain) {
        return text.into();
    }
    let plain = |c: char| {
        let byte = u8::try_from(c).unwrap_or(0);
        if is_plain(byte) { c } else { '_' }
    };
    text.chars().map(plain).collect::<String>().into()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:@+".contains(&byte)
}

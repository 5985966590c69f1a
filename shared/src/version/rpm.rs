//! The order of rpm's versions: epochs as numbers, then version and release by segments of letters
//! and of digits, with `~` before and `^` after what they follow. Pure.

use std::{cmp::Ordering, fmt};

/// Epoch, version and release of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evr {
    pub epoch: u32,
    pub version: String,
    pub release: String,
}

impl Evr {
    /// What [`Evr`] is displayed as. Without a release that is empty, and an epoch that is none is 0.
    pub fn parse(text: &str) -> Self {
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self {
            epoch: epoch.trim().parse().unwrap_or(0),
            version: version.into(),
            release: release.into(),
        }
    }

    /// Compares two as rpm does when it decides what is newer.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare(&self.version, &other.version))
            .then_with(|| compare(&self.release, &other.release))
    }
}

/// `[epoch:]version-release`, as kind `package` has it; an epoch of 0 is left out.
impl fmt::Display for Evr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch != 0 {
            write!(f, "{}:", self.epoch)?;
        }
        write!(f, "{}-{}", self.version, self.release)
    }
}

/// Compares two versions, or two releases.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        (a, b) = (significant(a), significant(b));
        match (a.first(), b.first()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            // A caret is after the end, and before anything else.
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(first), Some(second)) => {
                // Digits are newer than letters.
                match (first.is_ascii_digit(), second.is_ascii_digit()) {
                    (true, false) => return Ordering::Greater,
                    (false, true) => return Ordering::Less,
                    (digits, _) => {
                        let order = segment(&mut a, &mut b, digits);
                        if order.is_ne() {
                            return order;
                        }
                    }
                }
            }
        }
    }
}

/// Without what only separates.
fn significant(text: &[u8]) -> &[u8] {
    let keeps = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^');
    &text[text.iter().position(keeps).unwrap_or(text.len())..]
}

/// Compares the segments that both begin with, and cuts them off.
fn segment(a: &mut &[u8], b: &mut &[u8], digits: bool) -> Ordering {
    let (first, second) = (cut(a, digits), cut(b, digits));
    if !digits {
        return first.cmp(second);
    }
    let [first, second] = [first, second].map(|number| {
        let zeros = number.iter().take_while(|byte| **byte == b'0').count();
        &number[zeros..]
    });
    first
        .len()
        .cmp(&second.len())
        .then_with(|| first.cmp(second))
}

fn cut<'a>(rest: &mut &'a [u8], digits: bool) -> &'a [u8] {
    let belongs = |byte: &u8| match digits {
        true => byte.is_ascii_digit(),
        false => byte.is_ascii_alphabetic(),
    };
    let end = rest.iter().position(|byte| !belongs(byte));
    let (head, tail) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = tail;
    head
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_rpm_has_it() {
        for (less, greater) in [
            ("1.0", "2.0"),
            ("2.0", "2.0.1"),
            ("2.0.1", "2.0.1a"),
            ("5.5p1", "5.5p10"),
            ("10xyz", "10.1xyz"),
            ("xyz10", "xyz10.1"),
            ("xyz.4", "8"),
            ("6.0", "6.0.rc1"),
            ("10a2", "10b1"),
            ("1.0aa", "1.0ab"),
            ("20101121", "20101122"),
            ("1.0~rc1", "1.0"),
            ("1.0~rc1", "1.0~rc2"),
            ("1.0~rc1~git123", "1.0~rc1"),
            ("1.0", "1.0^"),
            ("1.0^git1", "1.01"),
            ("1.0^20160101", "1.0.1"),
            ("1.0^20160101^git1", "1.0^20160102"),
            ("1.0~rc1", "1.0~rc1^git1"),
            ("1.0^git1~pre", "1.0^git1"),
            ("9.el8_7", "9.el8_10"),
            ("477.el8", "477.10.1.el8"),
        ] {
            assert_eq!(compare(less, greater), Ordering::Less, "{less} {greater}");
            assert_eq!(
                compare(greater, less),
                Ordering::Greater,
                "{less} {greater}"
            );
        }
        for (a, b) in [
            ("2_0", "2.0"),
            ("a", "a+"),
            ("+_", ""),
            ("4.0001", "4.1"),
            ("1.0.", "1.0"),
        ] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn an_epoch_goes_before_all() {
        let evr = |epoch, version: &str| Evr {
            epoch,
            version: version.into(),
            release: "1".into(),
        };
        assert_eq!(evr(1, "1").compare(&evr(0, "9")), Ordering::Greater);
        assert_eq!(evr(1, "2").to_string(), "1:2-1");
        assert_eq!(evr(0, "2").to_string(), "2-1");
        assert_eq!(Evr::parse("1:2-1"), evr(1, "2"));
        assert_eq!(Evr::parse("2-1"), evr(0, "2"));
        assert_eq!(Evr::parse("2").release, "");
    }

    proptest! {
        #[test]
        fn any_texts_are_compared_without_panic(a: String, b: String) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        }

        /// rpm itself says so, where it is installed and has Lua.
        #[test]
        fn rpm_says_the_same(a in "[0-2]{1,2}[0-2ab.~^]{0,6}", b in "[0-2]{1,2}[0-2ab.~^]{0,6}") {
            let expected = match compare(&a, &b) {
                Ordering::Less => "-1",
                Ordering::Equal => "0",
                Ordering::Greater => "1",
            };
            let asked = format!("%{{lua:print(rpm.vercmp('{a}', '{b}'))}}");
            if let Ok(told) = std::process::Command::new("rpm").args(["-E", &asked]).output()
                && told.status.success()
            {
                let told = String::from_utf8_lossy(&told.stdout);
                prop_assert_eq!(told.trim(), expected, "{} {}", a, b);
            }
        }
    }
}

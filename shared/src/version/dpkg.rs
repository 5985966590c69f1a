//! The order of Debian's versions (deb-version(7)): epochs as numbers, then upstream version, then
//! revision, by turns of non-digits and digits. Pure.

use std::cmp::Ordering;

/// Compares two versions as `dpkg --compare-versions` does.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    digits(a.epoch, b.epoch)
        .then_with(|| part(a.upstream, b.upstream))
        .then_with(|| part(a.revision, b.revision))
}

struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let (epoch, rest) = version
            .trim()
            .split_once(':')
            .unwrap_or(("", version.trim()));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self {
            epoch: epoch.as_bytes(),
            upstream: upstream.as_bytes(),
            revision: revision.as_bytes(),
        }
    }
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        if a.is_empty() && b.is_empty() {
            return Ordering::Equal;
        }
        let (a_text, b_text) = (split(&mut a, false), split(&mut b, false));
        for at in 0..a_text.len().max(b_text.len()) {
            let order = weight(a_text.get(at)).cmp(&weight(b_text.get(at)));
            if order.is_ne() {
                return order;
            }
        }
        let order = digits(split(&mut a, true), split(&mut b, true));
        if order.is_ne() {
            return order;
        }
    }
}

/// Cuts off what begins with digits, or with others.
fn split<'a>(rest: &mut &'a [u8], of_digits: bool) -> &'a [u8] {
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_digit() != of_digits);
    let (head, tail) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = tail;
    head
}

/// A tilde comes before even the end, letters before all others.
fn weight(byte: Option<&u8>) -> i32 {
    match byte {
        None => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

/// Numbers of any length.
fn digits(a: &[u8], b: &[u8]) -> Ordering {
    let [a, b] = [a, b].map(|number| {
        let zeros = number.iter().take_while(|byte| **byte == b'0').count();
        &number[zeros..]
    });
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_the_manual_says() {
        for (less, greater) in [
            ("1.0~rc1", "1.0"),
            ("1.0~~", "1.0~"),
            ("1.0~~a", "1.0~"),
            ("1.0", "1.0-1"),
            ("1.0-1", "1.0-1+b1"),
            ("1.0-9", "1.0-10"),
            ("9:1", "10:0"),
            ("2.0", "1:1.0"),
            ("1.2a", "1.2+"),
            ("5.2.15-2+b8", "5.2.15-2+b13"),
            ("12.4+deb12u11", "12.4+deb12u15"),
            ("1.0.99999999999999999999", "1.0.100000000000000000000"),
            ("1-2-3", "1-2.1-1"),
        ] {
            assert_eq!(compare(less, greater), Ordering::Less, "{less} {greater}");
            assert_eq!(
                compare(greater, less),
                Ordering::Greater,
                "{less} {greater}"
            );
        }
        for (a, b) in [
            ("0:1.0", "1.0"),
            ("1.01", "1.1"),
            ("1.0-0", "1.0"),
            ("1.", "1.0"),
        ] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    fn version() -> impl Strategy<Value = String> {
        "([0-2]:)?[0-2]{1,2}[0-2a-bA.+~]{0,6}(-[0-2a+~.]{1,4})?"
    }

    proptest! {
        #[test]
        fn any_texts_are_compared_without_panic(a: String, b: String) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        }

        #[test]
        fn the_order_is_one(a in version(), b in version(), c in version()) {
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }

        #[test]
        fn dpkg_says_the_same(pairs in prop::collection::vec((version(), version()), 4)) {
            for (a, b) in pairs {
                let operator = match compare(&a, &b) {
                    Ordering::Less => "lt",
                    Ordering::Equal => "eq",
                    Ordering::Greater => "gt",
                };
                let told = Command::new("dpkg")
                    .args(["--compare-versions", &a, operator, &b])
                    .status();
                if let Ok(told) = told {
                    prop_assert!(told.success(), "{a} {operator} {b}");
                }
            }
        }
    }
}

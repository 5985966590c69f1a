//! Values of settings of sudo. Pure.

use crate::probe::sudo_rule::entry::{Operator, Setting};

/// Settings that are numbers, which `!` makes 0 (sudoers(5)).
const NUMBERS: [&str; 8] = [
    "closefrom",
    "command_timeout",
    "loglinelen",
    "maxseq",
    "passwd_timeout",
    "passwd_tries",
    "timestamp_timeout",
    "umask",
];

/// As the rule has it: `yes` and `no` of what is switched on and off.
pub(super) fn value(setting: &Setting) -> String {
    match (setting.operator, &setting.value) {
        (Operator::Off, _) if NUMBERS.contains(&setting.name.as_str()) => "0".into(),
        (Operator::Off, _) => "no".into(),
        (Operator::On, _) | (_, None) => "yes".into(),
        (_, Some(value)) => value.clone(),
    }
}

/// A number with a fraction as the next whole one away from zero; all else as it is.
pub(super) fn compared(value: &str) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, whole),
    };
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !value.contains('.') || !is_number(digits) || !is_number(fraction) {
        return value.to_owned();
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    match digits.parse::<i64>() {
        Ok(number) if fraction.bytes().any(|b| b != b'0') => {
            (sign * number.saturating_add(1)).to_string()
        }
        Ok(number) => (sign * number).to_string(),
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fractions_go_away_from_zero() {
        for (text, expected) in [
            ("0.5", "1"),
            ("5.0", "5"),
            ("-0.5", "-1"),
            (".5", "1"),
            ("-1", "-1"),
            ("1.x", "1.x"),
            ("/a.b", "/a.b"),
            ("-0.0", "0"),
        ] {
            assert_eq!(compared(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_compared_without_panic(text: String) {
            compared(&text);
        }
    }
}

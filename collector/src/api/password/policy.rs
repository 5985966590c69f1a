//! Which passwords may be chosen, after NIST SP 800-63B: long ones, not of those that attackers try first.
//! Nothing is asked of their composition, and they do not age.
//!
//! Fifteen characters for everybody, also where a second factor is asked for: when a password is chosen nobody
//! knows whether that will stay so. Pure.

use unicode_normalization::UnicodeNormalization as _;

use super::breached::Breached;

/// Shortest password, characters.
pub(crate) const LEAST: usize = 15;
/// Shortest password of the account for emergencies, which has nothing else.
pub(crate) const LEAST_BREAK_GLASS: usize = 24;
/// Longest password, characters.
const MOST: usize = 256;
/// What is left of a password without the names that everybody knows must be at least so long, characters.
const LEAST_BESIDE_NAMES: usize = 8;
/// The name of what is signed in to.
const SERVICE: &str = "openwatch";

/// Why a password may not be chosen.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error(
        "is shorter than {0} characters; some words that have nothing to do with each other are a good one"
    )]
    Short(usize),
    #[error("is longer than {MOST} characters")]
    Long,
    #[error("has a character that cannot be typed")]
    Control,
    #[error("is the same few characters again and again")]
    Repeats,
    #[error("is little more than the name of the account or of OpenWatch")]
    Name,
    #[error("is one that attackers try first, or two of them")]
    Breached,
}

/// The password as it is hashed: the same whatever keyboard it was typed on (NFKC).
pub(crate) fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Whether this normal password may be chosen for the account of this name.
///
/// # Errors
/// The first reason why not.
pub(crate) fn check(
    password: &str,
    name: &str,
    least: usize,
    breached: &Breached,
) -> Result<(), Unfit> {
    let length = password.chars().count();
    if length < least {
        return Err(Unfit::Short(least));
    }
    if length > MOST {
        return Err(Unfit::Long);
    }
    if password.chars().any(char::is_control) {
        return Err(Unfit::Control);
    }
    if repeats(password) {
        return Err(Unfit::Repeats);
    }
    if is_about(password, name) {
        return Err(Unfit::Name);
    }
    if breached.has(password) || is_two_of(password, breached) {
        return Err(Unfit::Breached);
    }
    Ok(())
}

/// Whether it is a beginning of at most half its length, repeated until its end.
fn repeats(password: &str) -> bool {
    let chars: Vec<char> = password.to_lowercase().chars().collect();
    let again = |period: usize| chars.iter().zip(&chars[period..]).all(|(a, b)| a == b);
    (1..=chars.len() / 2).any(again)
}

fn is_about(password: &str, name: &str) -> bool {
    let mut left = password.to_lowercase();
    for known in [name.to_lowercase().as_str(), SERVICE] {
        if known.len() > 2 {
            left = left.replace(known, "");
        }
    }
    left.len() < password.len() && left.chars().count() < LEAST_BESIDE_NAMES
}

fn is_two_of(password: &str, breached: &Breached) -> bool {
    let mut places = password.char_indices().map(|(at, _)| password.split_at(at));
    places.any(|(a, b)| !a.is_empty() && breached.has(a) && breached.has(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(password: &str) -> Result<(), Unfit> {
        check(&normal(password), "alice", LEAST, &Breached::default())
    }

    #[test]
    fn long_ones_of_whatever_characters_are_good() {
        for good in [
            "correct horse battery",
            "               and spaces               .",
            "пароль из семи разных слов",
            "🦀🐌🐚🦑🐙🦞🦐🐡🐠🐟🐬🐳🐋🦈🐊",
        ] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        let long: String = (0..256)
            .map(|n| char::from_u32(0x4e00 + n).unwrap())
            .collect();
        assert_eq!(checked(&long), Ok(()));
        assert_eq!(checked(&format!("{long}x")), Err(Unfit::Long));
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        for (bad, why) in [
            ("", Unfit::Short(15)),
            ("fourteen chars", Unfit::Short(15)),
            ("correct horse\tbattery", Unfit::Control),
            ("passwordpassword", Unfit::Repeats),
            ("aaaaaaaaaaaaaaaaaaaa", Unfit::Repeats),
            ("abcabcabcabcabcab", Unfit::Repeats),
            ("aliceALICEopenwatch", Unfit::Name),
            ("OpenWatch2026!!!", Unfit::Name),
            ("1qaz2wsx3edc4rfv", Unfit::Breached),
            ("1QAZ2wsx3EDC4rfv", Unfit::Breached),
            ("iloveyou123456789", Unfit::Breached),
            ("sunshineprincess", Unfit::Breached),
        ] {
            assert_eq!(checked(bad), Err(why), "{bad}");
        }
        let breached = Breached::default();
        let least = LEAST_BREAK_GLASS;
        let short = check("correct horse battery", "safe", least, &breached);
        assert_eq!(short, Err(Unfit::Short(24)));
    }

    #[test]
    fn a_short_name_of_an_account_forbids_nothing() {
        let breached = Breached::default();
        assert_eq!(
            check("correct horse battery", "o", LEAST, &breached),
            Ok(())
        );
        assert_eq!(check("o.o.o.o.o-brxzqw", "o", LEAST, &breached), Ok(()));
    }

    #[test]
    fn one_text_typed_in_two_ways_is_one_password() {
        // Composed and decomposed, full width and plain.
        assert_eq!(normal("Gru\u{308}ße"), normal("Grüße"));
        assert_eq!(normal("ｏｐｅｎ"), "open");
    }
}

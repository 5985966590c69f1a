//! Patterns of names, as package managers' settings have them: `*` for anything, `?` for one
//! character. Pure.

/// Whether `pattern` matches the whole of `text`. Takes time of the product of their lengths at
/// most.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last star does not match: one character later.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, t + 1));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, next)) => {
                    retry = Some((star, next + 1));
                    (p, t) = (star + 1, next);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, text, expected) in [
            ("kernel*", "kernel-core", true),
            ("*-debug?nfo", "bash-debuginfo", true),
            ("*a*b", "xaxb", true),
            ("a*b*c", "abcbc", true),
            ("", "", true),
            ("*", "", true),
            ("kernel", "kernel-core", false),
            ("?", "", false),
            ("a*b", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("pattern", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let (pattern, text) = text.split_once('\n').unwrap_or((&text, &text));
            matches(pattern, text);
        });
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_with_any_part_starred(a in "[a-c]{0,8}", b in "[a-c]{0,8}", c in "[a-c]{0,8}") {
            let pattern = format!("{a}*{c}");
            let text = format!("{a}{b}{c}");
            prop_assert!(matches(&pattern, &text));
        }
    }
}

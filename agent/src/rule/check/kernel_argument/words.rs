//! Words of the kernel's command line, as the kernel takes them apart. Pure.

/// The value of a word, by the last that has this name; empty where it has none.
pub(super) fn value(line: &str, name: &str) -> Option<String> {
    let same = |word: &str| {
        let plain = |c: char| if c == '-' { '_' } else { c };
        word.chars().map(plain).eq(name.chars().map(plain))
    };
    let of = |word: String| {
        let (own, value) = word.split_once('=').unwrap_or((&word, ""));
        same(own).then(|| value.to_owned())
    };
    split(line).into_iter().filter_map(of).next_back()
}

/// The words before `--`, without their quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => {
                if word == "--" {
                    return words;
                }
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() && word != "--" {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_whole_and_the_last_counts() {
        for (line, name, expected) in [
            ("ro audit=1 quiet", "audit", Some("1")),
            ("audit_backlog_limit=8192", "audit", None),
            ("xaudit=1", "audit", None),
            ("audit=1 audit=0", "audit", Some("0")),
            ("quiet", "quiet", Some("")),
            ("a=\"b c\" d", "a", Some("b c")),
            ("\"a=b c\" d", "a", Some("b c")),
            ("init_on_alloc=1", "init-on-alloc", Some("1")),
            ("ro -- audit=1", "audit", None),
            ("root=UUID=x", "root", Some("UUID=x")),
            ("", "audit", None),
            ("Audit=1", "audit", None),
        ] {
            assert_eq!(value(line, name).as_deref(), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line: String, name: String) {
            value(&line, &name);
        }
    }
}

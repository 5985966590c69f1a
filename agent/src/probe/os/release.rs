//! The parser of os-release (os-release(5)): assignments as a shell would read them, of which a
//! line that is none is skipped. Pure.

use std::collections::BTreeMap;

/// The variables of `text`; of a variable that is set twice, the last.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(assignment).collect()
}

fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().split_once('=')?;
    let proper = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = proper.then(|| unquote(value))?;
    (!value.is_empty()).then(|| (name.to_owned(), value))
}

/// One shell word: quotes removed, backslashes resolved, what follows the word dropped.
fn unquote(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => match chars.next() {
                // Between double quotes a backslash is only special before these.
                Some(next @ ('$' | '"' | '\\' | '`')) => plain.push(next),
                Some(next) => {
                    if quote.is_some() {
                        plain.push('\\');
                    }
                    plain.push(next);
                }
                None => plain.push('\\'),
            },
            (_, None) if c.is_whitespace() => break,
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn quotes_and_backslashes_are_read_as_a_shell_reads_them() {
        let text = concat!(
            "# ID=comment\n",
            "ID=debian\n",
            "NAME=\"Debian GNU/Linux\"\n",
            "A='single $x \\ quoted'\n",
            "B=\"a \\\"b\\\" \\$c \\d\"\n",
            "C=a\\ b\n",
            "D=one two\n",
            "E=\"half\"' and half'\n",
            "EMPTY=\n",
            "no assignment\n",
            "BAD-NAME=x\n",
            "ID=last\n",
        );
        let read = parse(text);
        let expected = [
            ("A", "single $x \\ quoted"),
            ("B", "a \"b\" $c \\d"),
            ("C", "a b"),
            ("D", "one"),
            ("E", "half and half"),
            ("ID", "last"),
            ("NAME", "Debian GNU/Linux"),
        ];
        let read: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("os-release", |bytes| {
            parse(&String::from_utf8_lossy(bytes));
        });
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parse(&text);
        }

        #[test]
        fn any_assignment_is_read_without_panic(value in "[ -~]{0,40}") {
            let read = parse(&format!("ID={value}"));
            prop_assert!(read.len() <= 1);
        }
    }
}

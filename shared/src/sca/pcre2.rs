//! Expressions as in Perl, as those of the `regex` crate: nearly the same, and where they are not, what
//! would mean something else is put as it is meant, or refused. Look-around and references back are
//! refused by the crate itself, which cannot match them in linear time.

/// Translates an expression.
pub(super) fn regex(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.char_indices().peekable();
    // Whether what came last repeats something.
    let mut repeats = false;
    while let Some((at, c)) = chars.next() {
        let rest = &text[at..];
        let mut now_repeats = false;
        match c {
            '\\' => {
                let (_, escaped) = chars.next().ok_or("ends with a backslash")?;
                escape(escaped, &mut out)?;
            }
            '[' => {
                let end = class(rest, &mut out)?;
                while chars.next_if(|(next, _)| *next < at + end).is_some() {}
            }
            '(' if rest.starts_with("(?R") || rest.starts_with("(?0") => {
                return Err("refers to itself, which is not known here".into());
            }
            '{' if !is_count(rest) => out.push_str(r"\{"),
            '{' => {
                let end = rest.find('}').unwrap_or_default();
                out.push_str(&rest[..=end]);
                while chars.next_if(|(next, _)| *next <= at + end).is_some() {}
                now_repeats = true;
            }
            '+' if repeats => {
                return Err(
                    "has a repetition that gives nothing back, which is not known here".into(),
                );
            }
            '*' | '+' | '?' => {
                out.push(c);
                // Of `*?` the second says how, and nothing can follow it.
                now_repeats = !repeats;
            }
            c => out.push(c),
        }
        repeats = now_repeats;
    }
    Ok(out)
}

fn escape(escaped: char, out: &mut String) -> Result<(), String> {
    match escaped {
        // Edges of words in the one, themselves in the other.
        '<' | '>' => out.push(escaped),
        'h' => out.push_str(r"[ \t]"),
        'H' => out.push_str(r"[^ \t]"),
        // What is vertical, of which a line can hold no more than these.
        'v' => out.push_str(r"[\x0b\x0c\r]"),
        'u' | 'U' | 'L' | 'l' | 'N' | 'Q' | 'E' | 'K' | 'G' | 'R' | 'X' | 'Z' | 'p' | 'P' => {
            return Err(format!("`\\{escaped}` is not known here"));
        }
        escaped => {
            out.push('\\');
            out.push(escaped);
        }
    }
    Ok(())
}

/// A class in brackets, at the beginning of `text`; how long it is. The crate knows classes in classes
/// and operators between them, which Perl does not.
fn class(text: &str, out: &mut String) -> Result<usize, String> {
    let mut chars = text.char_indices().peekable();
    let mut push = |c| out.push(c);
    chars.next();
    push('[');
    if chars.next_if(|(_, c)| *c == '^').is_some() {
        push('^');
    }
    if chars.next_if(|(_, c)| *c == ']').is_some() {
        push('\\');
        push(']');
    }
    while let Some((at, c)) = chars.next() {
        match c {
            ']' => {
                push(']');
                return Ok(at + 1);
            }
            '[' if text[at..].starts_with("[:") && text[at..].contains(":]") => {
                let end = at + text[at..].find(":]").unwrap_or_default() + 2;
                text[at..end].chars().for_each(&mut push);
                while chars.next_if(|(next, _)| *next < end).is_some() {}
            }
            '\\' => {
                let (_, escaped) = chars.next().ok_or("ends with a backslash")?;
                match escaped {
                    'h' => " \\t".chars().for_each(&mut push),
                    'v' => "\\x0b\\x0c\\r".chars().for_each(&mut push),
                    'b' => "\\x08".chars().for_each(&mut push),
                    '<' | '>' => push(escaped),
                    'H' | 'V' | 'N' | 'R' | 'Q' | 'E' | 'p' | 'P' => {
                        return Err(format!("`\\{escaped}` is not known here"));
                    }
                    escaped => {
                        push('\\');
                        push(escaped);
                    }
                }
            }
            '-' if text[at..].starts_with("--") => {
                return Err("has `--` in a class, which is not known here".into());
            }
            '[' | '&' | '~' => {
                push('\\');
                push(c);
            }
            c => push(c),
        }
    }
    Err("has a `[` without its `]`".into())
}

/// Whether this begins with a number of repetitions, and not with a brace that means itself.
fn is_count(text: &str) -> bool {
    let Some((inner, _)) = text[1..].split_once('}') else {
        return false;
    };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

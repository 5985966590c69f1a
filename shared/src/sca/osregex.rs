//! The expressions of Wazuh's own, as those of the `regex` crate.
//!
//! A class is a backslash and a letter; `+` and `*` repeat the class before them and mean themselves
//! elsewhere; every other character means itself, without regard to case. `|` separates whole
//! alternatives, each of which may begin with `^` and end with `$`. Groups, one deep and without
//! alternatives, take what is between them. Wazuh's matcher tries only a few of the ways in which a
//! text can fit, and so misses some that do; this one does not.

/// Translates an expression.
pub(super) fn regex(text: &str) -> Result<String, String> {
    let mut alternatives = Vec::new();
    for alternative in alternatives_of(text)? {
        alternatives.extend(alternative_of(alternative)?);
    }
    if alternatives.is_empty() {
        return Err("matches nothing".into());
    }
    Ok(format!("(?s:{})", alternatives.join("|")))
}

/// Translates a list of words, in which nothing but `|`, `^` and `$` is special.
pub(super) fn words(text: &str) -> Result<String, String> {
    let mut alternatives = Vec::new();
    for word in text.split('|') {
        let (begins, inner, ends) = anchors(word, word.ends_with('$'));
        if inner.is_empty() {
            return Err("has a word that says nothing".into());
        }
        let mut out = String::new();
        inner.chars().for_each(|c| literal(c, &mut out));
        alternatives.push(format!("{begins}{out}{ends}"));
    }
    Ok(alternatives.join("|"))
}

/// Splits at each `|` that is no part of a class.
fn alternatives_of(text: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    let (mut begin, mut open) = (0, false);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '(' if open => return Err("has a group in a group".into()),
            '(' => open = true,
            ')' if !open => return Err("has a `)` without its `(`".into()),
            ')' => open = false,
            '|' if open => return Err("has a `|` in a group".into()),
            '|' => {
                found.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if open {
        return Err("has a `(` without its `)`".into());
    }
    found.push(&text[begin..]);
    Ok(found)
}

/// One alternative; none where it is empty, since Wazuh's matcher finds nothing by that.
fn alternative_of(text: &str) -> Result<Option<String>, String> {
    // Of `\$` the dollar means itself, of `\\$` it is the end again.
    let is_end = text.strip_suffix('$').is_some_and(|before| {
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        backslashes % 2 == 0
    });
    let (begins, inner, ends) = anchors(text, is_end);
    if inner.is_empty() {
        return Ok(None);
    }
    let mut out = String::from(begins);
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let letter = chars.next().ok_or("ends with a backslash")?;
                class(letter, &mut out)?;
                if let Some(repeats) = chars.next_if(|c| matches!(c, '+' | '*')) {
                    out.push(repeats);
                }
            }
            '(' | ')' => out.push(c),
            c => literal(c, &mut out),
        }
    }
    out.push_str(ends);
    Ok(Some(out))
}

fn anchors(text: &str, is_end: bool) -> (&'static str, &str, &'static str) {
    let (begins, text) = match text.strip_prefix('^') {
        Some(rest) => ("^", rest),
        None => ("", text),
    };
    match text.strip_suffix('$').filter(|_| is_end) {
        Some(rest) => (begins, rest, "$"),
        None => (begins, text, ""),
    }
}

fn class(letter: char, out: &mut String) -> Result<(), String> {
    out.push_str(match letter {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[A-Za-z0-9@_-]",
        'W' => "[^A-Za-z0-9@_-]",
        's' => "[ ]",
        'S' => "[^ ]",
        't' => r"\t",
        'p' => r"[!-.:-?\[\]{|}]",
        '.' => ".",
        '(' | ')' | '\\' | '$' | '|' | '<' => {
            literal(letter, out);
            return Ok(());
        }
        other => return Err(format!("`\\{other}` is no class of `osregex`")),
    });
    Ok(())
}

fn literal(c: char, out: &mut String) {
    // `\<` has a meaning of its own.
    if c.is_ascii_punctuation() && !matches!(c, '<' | '>') {
        out.push('\\');
    }
    out.push(c);
}

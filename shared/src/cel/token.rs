//! Words, numbers, texts and signs.

use super::Fault;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// Without its sign: that belongs to what stands before it.
    Int(u64),
    Double(f64),
    Text(String),
    Word(&'t str),
    Sign(&'static str),
    End,
}

/// A token and the bytes that it takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'t> {
    pub(super) token: Token<'t>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The longer ones first.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "+", "-", "*", "/", "%", "(", ")",
    "[", "]", "{", "}", ".", ",",
];

/// All of a text, and its end.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += blank(&text[at..]);
        let rest = &text[at..];
        let (token, length) = token(rest).map_err(|fault| Fault {
            at: at + fault.at,
            ..fault
        })?;
        tokens.push(Placed {
            token,
            start: at,
            end: at + length,
        });
        if length == 0 {
            return Ok(tokens);
        }
        at += length;
    }
}

/// How long the blanks and the comments are with which a text begins.
fn blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
        match rest.strip_prefix("//") {
            Some(comment) => rest = &comment[comment.find('\n').unwrap_or(comment.len())..],
            None => return text.len() - rest.len(),
        }
    }
}

/// The one with which a text begins, and its length.
fn token(text: &str) -> Result<(Token<'_>, usize), Fault> {
    let Some(first) = text.chars().next() else {
        return Ok((Token::End, 0));
    };
    let quote = |text: &str| text.starts_with(['"', '\'']);
    let second = text.chars().nth(1);
    match first {
        '"' | '\'' => texts(text, false),
        'r' | 'R' if quote(&text[1..]) => {
            let (token, length) = texts(&text[1..], true)?;
            Ok((token, length + 1))
        }
        'b' | 'B' if quote(&text[1..]) => Err(Fault::new(0, "bytes are not known here")),
        '0'..='9' => number(text),
        '.' if second.is_some_and(|c| c.is_ascii_digit()) => number(text),
        '_' | 'a'..='z' | 'A'..='Z' => {
            let word = &text[..run(text, |b| b == b'_' || b.is_ascii_alphanumeric())];
            Ok((Token::Word(word), word.len()))
        }
        _ => match SIGNS.into_iter().find(|sign| text.starts_with(sign)) {
            Some(sign) => Ok((Token::Sign(sign), sign.len())),
            None if ['=', '&', '|'].contains(&first) => Err(Fault::new(
                0,
                format!("write `{first}{first}` for `{first}`"),
            )),
            None => Err(Fault::new(0, format!("`{first}` is not known here"))),
        },
    }
}

/// How many of the first bytes are so.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|b| !is(b)).unwrap_or(text.len())
}

fn number(text: &str) -> Result<(Token<'_>, usize), Fault> {
    let digits = |text: &str| run(text, |b| b.is_ascii_digit());
    let wrong = |what: &str| Err(Fault::new(0, what));
    let (token, mut length) = if let Some(rest) = text.strip_prefix("0x") {
        let length = run(rest, |b| b.is_ascii_hexdigit());
        match u64::from_str_radix(&rest[..length], 16) {
            Ok(number) => (Token::Int(number), length + 2),
            Err(_) => return wrong("no number of at most 64 bits"),
        }
    } else {
        let whole = digits(text);
        let mut length = whole;
        if let Some(rest) = text[length..].strip_prefix('.') {
            // A dot and no digit is the beginning of a field.
            let part = digits(rest);
            length += if part > 0 { part + 1 } else { 0 };
        }
        if let Some(rest) = text[length..].strip_prefix(['e', 'E']) {
            let sign = usize::from(rest.starts_with(['+', '-']));
            let part = digits(&rest[sign..]);
            length += if part > 0 { 1 + sign + part } else { 0 };
        }
        let token = if length == whole {
            text[..length].parse().ok().map(Token::Int)
        } else {
            let double = text[..length].parse().ok();
            double
                .filter(|double: &f64| double.is_finite())
                .map(Token::Double)
        };
        match token {
            Some(token) => (token, length),
            None => return wrong("no number of at most 64 bits"),
        }
    };
    if matches!(token, Token::Int(_)) && text[length..].starts_with(['u', 'U']) {
        length += 1;
    }
    if run(&text[length..], |b| b == b'_' || b.is_ascii_alphanumeric()) > 0 {
        return wrong("a number that goes on as a word");
    }
    Ok((token, length))
}

fn texts(text: &str, is_raw: bool) -> Result<(Token<'_>, usize), Fault> {
    let is_long = text.starts_with("\"\"\"") || text.starts_with("'''");
    let quote = &text[..if is_long { 3 } else { 1 }];
    let mut out = String::new();
    let mut at = quote.len();
    loop {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return Ok((Token::Text(out), at + quote.len()));
        }
        match rest.chars().next() {
            None => return Err(Fault::new(0, format!("a text without its end, `{quote}`"))),
            Some('\n' | '\r') if !is_long => {
                let what = "a text ends on its line: write `\\n`, or three quotes around it";
                return Err(Fault::new(at, what));
            }
            Some('\\') if !is_raw => {
                let (c, length) = escape(&rest[1..]).map_err(|what| Fault::new(at, what))?;
                out.push(c);
                at += 1 + length;
            }
            Some(c) => {
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
}

/// What stands for a letter behind a backslash, and its length.
fn escape(text: &str) -> Result<(char, usize), &'static str> {
    const WRONG: &str =
        "this backslash stands for nothing: write `\\\\` for itself, or `r` before the text";
    let code = |from: usize, length: usize, radix: u32| {
        let digits = text.get(from..from + length).ok_or(WRONG)?;
        if !digits.bytes().all(|b| char::from(b).is_digit(radix)) {
            return Err(WRONG);
        }
        let code = u32::from_str_radix(digits, radix).map_err(|_| WRONG)?;
        char::from_u32(code).ok_or("no letter has this number")
    };
    let one = |c| Ok((c, 1));
    match text.chars().next().ok_or(WRONG)? {
        c @ ('\\' | '?' | '"' | '\'' | '`') => one(c),
        'a' => one('\x07'),
        'b' => one('\x08'),
        'f' => one('\x0c'),
        'n' => one('\n'),
        'r' => one('\r'),
        't' => one('\t'),
        'v' => one('\x0b'),
        'x' | 'X' => Ok((code(1, 2, 16)?, 3)),
        'u' => Ok((code(1, 4, 16)?, 5)),
        'U' => Ok((code(1, 8, 16)?, 9)),
        '0'..='3' => Ok((code(0, 3, 8)?, 3)),
        _ => Err(WRONG),
    }
}

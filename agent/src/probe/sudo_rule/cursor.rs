//! Where the parser of a sudoers file stands: the lexical rules of sudoers(5). Pure.

/// Why a line makes no sense, in words for the administrator. It never quotes the file.
pub type Error = &'static str;

/// The rest of a file.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a str,
    /// Number of the line, from 1.
    line: u32,
}

/// Characters that end a word unless a backslash is before them.
const WORD_ENDS: &str = "#>!=:,() \t\r\n\"";

/// Characters of a command that need a backslash.
const SPECIAL: &str = ",:= \t#";

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    pub fn line(&self) -> u32 {
        self.line
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn starts_with(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Steps over `text` when it is next.
    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    fn advance(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        let lines = gone.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    /// Length of a backslash at the end of a line, with that end.
    fn continuation(&self) -> Option<usize> {
        let after = self.rest.strip_prefix('\\')?;
        let after = after.trim_start_matches([' ', '\t']);
        let after = after.strip_prefix('\r').unwrap_or(after);
        let after = after.strip_prefix('\n')?;
        Some(self.rest.len() - after.len())
    }

    /// Steps over blanks and continued ends of lines; says whether there were any.
    pub fn blanks(&mut self) -> bool {
        let before = self.rest.len();
        loop {
            if let Some(length) = self.continuation() {
                self.advance(length);
            } else if matches!(self.peek(), Some(' ' | '\t')) {
                self.advance(1);
            } else {
                return self.rest.len() < before;
            }
        }
    }

    /// Whether a comment is next: `#` that begins no number of a user or group.
    fn is_comment(&self) -> bool {
        let Some(after) = self.rest.strip_prefix('#') else {
            return false;
        };
        let after = after.strip_prefix('-').unwrap_or(after);
        !after.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Whether nothing more is in this entry. Steps over blanks.
    pub fn is_at_line_end(&mut self) -> bool {
        self.blanks();
        let line = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        line.is_empty() || line.starts_with('\n') || self.is_comment()
    }

    /// Steps over the rest of the line. A comment ends with its line; anything else goes on where
    /// a backslash says so.
    pub fn skip_line(&mut self) {
        while !self.is_at_end() && !self.starts_with("\n") && !self.is_comment() {
            let next = self.continuation();
            self.advance(next.or(self.peek().map(char::len_utf8)).unwrap_or(1));
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        self.advance(end);
    }

    /// The longest text of which all characters are wanted.
    pub fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let run = &self.rest[..end];
        self.advance(end);
        run
    }

    /// The length of a run of exclamation marks decides: two of them are none.
    pub fn negation(&mut self) -> bool {
        let marks = self.run(|c| c == '!').len();
        self.blanks();
        marks % 2 == 1
    }

    /// A word without the backslashes; also whether it had none. Empty when none is next.
    pub fn word(&mut self) -> (String, bool) {
        self.text_until(WORD_ENDS)
    }

    /// The value of a setting.
    pub fn setting(&mut self) -> (String, bool) {
        if self.starts_with("!") {
            return (String::new(), true);
        }
        self.text_until("#=, \t\r\n\"")
    }

    /// A path after `@include`: only white space ends it.
    pub fn include(&mut self) -> (String, bool) {
        self.text_until(" \t\r\n")
    }

    fn text_until(&mut self, ends: &str) -> (String, bool) {
        let mut text = String::new();
        let mut plain = true;
        while let Some(next) = self.peek() {
            if next == '\\' && self.continuation().is_none() {
                plain = false;
                self.advance(1);
                match self.hex() {
                    Some(c) => text.push(c),
                    None => match self.peek() {
                        None | Some('\t' | '\n') => break,
                        Some(c) => {
                            text.push(c);
                            self.advance(c.len_utf8());
                        }
                    },
                }
            } else if next == '\\' || ends.contains(next) {
                break;
            } else {
                text.push(next);
                self.advance(next.len_utf8());
            }
        }
        (text, plain)
    }

    /// The character of `x41`, which follows a backslash.
    fn hex(&mut self) -> Option<char> {
        let digits = self.rest.strip_prefix('x')?.get(..2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let byte = u8::from_str_radix(digits, 16).ok()?;
        self.advance(3);
        Some(char::from(byte))
    }

    /// A text between quotes, of which the first is next.
    pub fn quoted(&mut self) -> Result<String, Error> {
        self.advance(1);
        let mut text = String::new();
        loop {
            if let Some(length) = self.continuation() {
                self.advance(length);
                self.run(|c| matches!(c, ' ' | '\t'));
                continue;
            }
            match self.peek() {
                None | Some('\r' | '\n') => return Err("unexpected line break in string"),
                Some('"') if text.is_empty() => return Err("empty string"),
                Some('"') => {
                    self.advance(1);
                    return Ok(text);
                }
                Some('\\') if self.rest[1..].starts_with('"') => {
                    text.push('"');
                    self.advance(2);
                }
                Some(c) => {
                    text.push(c);
                    self.advance(c.len_utf8());
                }
            }
        }
    }

    /// The path of a command, of which the `/` is next.
    pub fn path(&mut self) -> String {
        let mut path = String::new();
        while let Some(next) = self.peek() {
            let escaped = self.rest[next.len_utf8()..].chars().next();
            match (next, escaped) {
                ('\\', Some(c)) if SPECIAL.contains(c) => {
                    path.push(c);
                    self.advance(2);
                }
                ('\\' | '\r' | '\n', _) => break,
                (c, _) if SPECIAL.contains(c) => break,
                (c, _) => {
                    path.push(c);
                    self.advance(c.len_utf8());
                }
            }
        }
        path
    }

    /// A regular expression as it is written, of which the `^` is next.
    pub fn regex(&mut self) -> Result<String, Error> {
        let mut regex = String::new();
        while let Some(next) = self.peek() {
            if let Some(length) = self.continuation() {
                self.advance(length);
                self.run(|c| matches!(c, ' ' | '\t'));
                continue;
            }
            let escaped = self.rest[next.len_utf8()..].chars().next();
            match (next, escaped) {
                ('#' | '\r' | '\n', _) => break,
                ('\\', Some(c)) if !matches!(c, '\r' | '\n') => {
                    regex.extend(['\\', c]);
                    self.advance(1 + c.len_utf8());
                }
                (c, _) => {
                    regex.push(c);
                    self.advance(c.len_utf8());
                    if c == '$' {
                        return Ok(regex);
                    }
                }
            }
        }
        Err("unterminated regular expression")
    }

    /// The arguments of a command, with one space before each.
    pub fn arguments(&mut self) -> Result<String, Error> {
        let mut arguments = String::new();
        loop {
            let space = self.blanks();
            let Some(next) = self.peek() else {
                return Ok(arguments);
            };
            if matches!(next, '#' | ':' | ',' | '\r' | '\n') {
                return Ok(arguments);
            }
            if space {
                arguments.push(' ');
            }
            if next == '^' && arguments.trim().is_empty() {
                arguments.push_str(&self.regex()?);
                return Ok(arguments);
            }
            if next == '\\' {
                match self.rest[1..].chars().next() {
                    Some(c) if SPECIAL.contains(c) || c == '\\' => arguments.push(c),
                    Some(c) if "*?[]!^".contains(c) => arguments.extend(['\\', c]),
                    _ => return Err("a backslash before a character that needs none"),
                }
                self.advance(2);
            } else {
                arguments.push_str(self.run(|c| !"#\\:, \t\r\n".contains(c)));
            }
        }
    }
}

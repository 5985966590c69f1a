//! Commands: words where they are plain, else a line for a shell.

/// Longest command, bytes.
const MAX_LENGTH: usize = 16 << 10;

/// What makes a shell of a line, outside of quotes.
const SPECIAL: &str = "|&;<>()$`*?[{}#~\n";

/// A command of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A program and its arguments. At least one, and the first is not empty.
    Words(Vec<String>),
    /// What only a shell understands: pipes, lists, redirections, substitutions, patterns.
    Shell(String),
}

impl Command {
    /// Splits a command as a shell would. Within quotes nothing is special: policies that want a shell
    /// say `sh -c "…"`, and mean the `$` in there for that.
    ///
    /// # Errors
    /// In words, when it is empty, too long, or a quote does not end.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > MAX_LENGTH || text.contains('\0') {
            return Err(format!(
                "has a command that is none, or longer than {MAX_LENGTH} bytes"
            ));
        }
        let Some(words) = words(text)? else {
            return Ok(Self::Shell(text.to_owned()));
        };
        match words.first() {
            None => Err("names no command".into()),
            Some(program) if program.is_empty() => Err("names no command".into()),
            // `NAME=value program` is the shell's.
            Some(program) if program.contains('=') => Ok(Self::Shell(text.to_owned())),
            Some(_) => Ok(Self::Words(words)),
        }
    }
}

/// The words of a line; none where it wants a shell.
fn words(text: &str) -> Result<Option<Vec<String>>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    let unclosed = |quote: char| format!("has a command with a {quote} that does not end");
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => loop {
                match chars.next().ok_or_else(|| unclosed('\''))? {
                    '\'' => {
                        word.get_or_insert_default();
                        break;
                    }
                    c => word.get_or_insert_default().push(c),
                }
            },
            '"' => loop {
                let word = word.get_or_insert_default();
                match chars.next().ok_or_else(|| unclosed('"'))? {
                    '"' => break,
                    '\\' => match chars.next().ok_or_else(|| unclosed('"'))? {
                        c @ ('"' | '\\' | '$' | '`') => word.push(c),
                        c => word.extend(['\\', c]),
                    },
                    c => word.push(c),
                }
            },
            '\\' => word.get_or_insert_default().push(
                chars
                    .next()
                    .ok_or("has a command that ends with a backslash")?,
            ),
            c if SPECIAL.contains(c) => return Ok(None),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(Some(words))
}

//! Expressions, compiled when they are loaded and matched in time linear in the text.

use regex::bytes::{Regex, RegexBuilder};

use super::{Dialect, Edition, RegexType, osregex, pcre2};

/// Longest expression, bytes: the longest of a public policy has 600.
const MAX_LENGTH: usize = 8 << 10;

/// Largest compiled expression, bytes.
const MAX_COMPILED: usize = 1 << 20;

/// An expression that may match anywhere in a line. Letters other than ASCII's are bytes to it.
#[derive(Debug, Clone)]
pub struct Matcher {
    regex: Regex,
    /// As the policy has it.
    text: String,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (self.regex.as_str(), &self.text) == (other.regex.as_str(), &other.text)
    }
}

impl Matcher {
    pub(super) fn new(text: &str, dialect: Dialect) -> Result<Self, String> {
        let wrong = |why: String| format!("`{text}`: {why}");
        bounded(text)?;
        let translated = match dialect.regex {
            RegexType::Osregex => osregex::regex(text),
            RegexType::Pcre2 => pcre2::regex(text),
        };
        let minds_case = dialect.regex == RegexType::Pcre2 && dialect.edition == Edition::Four;
        Self::compile(text, &translated.map_err(wrong)?, !minds_case).map_err(wrong)
    }

    /// Words of which one must be in a name, with `^` and `$` at its ends.
    pub(super) fn words(text: &str) -> Result<Self, String> {
        let wrong = |why: String| format!("`{text}`: {why}");
        bounded(text)?;
        Self::compile(text, &osregex::words(text).map_err(wrong)?, true).map_err(wrong)
    }

    fn compile(text: &str, translated: &str, any_case: bool) -> Result<Self, String> {
        let built = RegexBuilder::new(translated)
            .unicode(false)
            .case_insensitive(any_case)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .nest_limit(64)
            .build();
        let regex = built.map_err(|error| {
            // The last line of the message says what is wrong, those above show where.
            let told = error.to_string();
            let last = told.lines().next_back().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        })?;
        let text = text.to_owned();
        Ok(Self { regex, text })
    }

    /// Whether it matches.
    pub(super) fn is_match(&self, line: &str) -> bool {
        self.regex.is_match(line.as_bytes())
    }

    /// Refuses an expression with nothing that a number could be taken from.
    pub(super) fn can_capture(&self) -> Result<(), String> {
        if self.regex.captures_len() < 2 {
            let text = &self.text;
            return Err(format!(
                "`{text}`: has no group, as `(\\d+)`, that takes the number"
            ));
        }
        Ok(())
    }

    /// What its first group takes where it matches; empty where the group had no part in that.
    pub(super) fn capture<'l>(&self, line: &'l str) -> Option<&'l str> {
        let captures = self.regex.captures(line.as_bytes())?;
        let group = captures.get(1);
        Some(group.map_or("", |group| line.get(group.range()).unwrap_or_default()))
    }
}

fn bounded(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("an expression says nothing".into());
    }
    if text.len() > MAX_LENGTH {
        return Err(format!("an expression is longer than {MAX_LENGTH} bytes"));
    }
    Ok(())
}

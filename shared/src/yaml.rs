//! YAML into types, with places in its errors: each names the line, and the keys that lead there.
//!
//! A text becomes a tree first ([`node`]), and the tree a type ([`de`]). So the code of each type is
//! small, which counts on every host; a deserializer that reads the text as it goes is ten times that.

mod de;
mod node;
mod spanned;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::DeserializeOwned;

pub use spanned::Spanned;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Counted from 1; `None` where it is about the text as a whole.
    pub line: Option<u64>,
    /// The keys that lead to it, outermost first.
    keys: Vec<String>,
    what: String,
}

/// The type that `text` is, which is one document.
///
/// # Errors
/// When it is no YAML, is nested deeper than [`node::MAX_DEPTH`], has a key twice, or does not fit the
/// type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(&node::parse(text)?)
}

/// One of the documents of a text, which is yet to become a type.
#[derive(Debug, Clone)]
pub struct Document<'t>(node::Node<'t>);

/// The documents of `text`, without those that say nothing.
///
/// # Errors
/// When it is no YAML, or one is nested deeper than [`node::MAX_DEPTH`] or has a key twice.
pub fn documents(text: &str) -> Result<Vec<Document<'_>>, Error> {
    let mut nodes = node::parse_all(text, usize::MAX)?;
    nodes.retain(|node| !node.is_null());
    Ok(nodes.into_iter().map(Document).collect())
}

impl Document<'_> {
    /// The line on which it begins, counted from 1.
    pub fn line(&self) -> u64 {
        self.0.line
    }

    /// The type that it is.
    ///
    /// # Errors
    /// When it does not fit the type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.0)
    }
}

impl Error {
    fn new(line: u64, what: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            keys: Vec::new(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.keys.is_empty() {
            write!(f, "`{}`: ", self.keys.join("."))?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

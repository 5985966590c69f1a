//! A part of the Common Expression Language, for what users write themselves: an expression over
//! values of JSON that ends, changes nothing and costs no more than it is allowed.
//!
//! It is the language of the [definition](https://github.com/google/cel-spec/blob/master/doc/langdef.md)
//! but for:
//!
//! - **Left out:** bytes, messages, types as values, durations and timestamps. `1u` is the int 1.
//! - **Names:** whoever asks says which there are; what is not known, and a function that is called with
//!   another number of values, is refused when the expression is read. A word that CEL reserves for
//!   languages around it may be such a name, because a kind of facts is called `package`.
//! - **Numbers of JSON** are ints where they are whole, doubles where they are not.
//! - **`matches`** knows the letters, digits and blanks of ASCII alone, as all expressions here.
//!
//! `&&`, `||`, `all` and `exists` take no offence at an error where the other side decides.

/// Words, numbers, texts and signs.
mod token;

/// What an expression is made of.
mod node;

/// From the text to that.
mod parse;

/// What an expression works with.
mod value;

/// What it comes to.
mod eval;

/// Operators between two values.
mod operator;

/// Functions.
mod call;

/// `all`, `exists`, `filter` and the like.
mod each;

/// What decided it, for people.
mod why;

use std::collections::BTreeSet;

use self::{
    eval::Eval,
    node::{Node, What},
};
pub use self::{value::Value, why::Why};

/// Longest expression, bytes.
pub const MAX_TEXT: usize = 4 << 10;

/// Deepest nesting of expressions in brackets. An expression of this depth takes some of the stack, and a
/// program whose stack is used up is ended.
pub const MAX_NESTING: usize = 32;

/// Longest way from an expression to what is innermost in it, which a row of `a + b + c` makes too.
const MAX_DEPTH: usize = 80;

/// Longest text that is put together, bytes.
const MAX_RESULT: usize = 64 << 10;

/// An expression that was read, with all names in it known.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    root: Node,
}

/// What is wrong with an expression, or why it came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (line {line}, column {column})")]
pub struct CelError {
    /// In words, with what to do.
    pub what: String,
    /// Counted from 1.
    pub line: usize,
    /// Letters, counted from 1.
    pub column: usize,
}

/// The value of a name, or why there is none.
pub type Names<'n, 'v> = dyn Fn(&str) -> Result<Value<'v>, String> + 'n;

/// Something went wrong at this byte.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    at: usize,
    what: String,
    /// It cost too much, whatever else would have decided.
    exhausted: bool,
}

impl Fault {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            exhausted: false,
        }
    }

    fn told(self, text: &str) -> CelError {
        let before = &text[..text.floor_char_boundary(self.at)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        CelError {
            what: self.what,
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl Expression {
    /// Reads an expression in which these names may stand.
    ///
    /// # Errors
    /// What is wrong, where, and what would be right.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, CelError> {
        let root = parse::root(text, known).map_err(|fault| fault.told(text))?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// What it comes to. A step is about one value that is looked at; `steps` bounds the time, and what
    /// is kept meanwhile.
    ///
    /// # Errors
    /// Why it comes to nothing: a field that is not there, an overflow, too many steps.
    pub fn evaluate<'v>(
        &'v self,
        names: &Names<'_, 'v>,
        steps: u32,
    ) -> Result<Value<'v>, CelError> {
        let value = Eval::new(names, steps).of(&self.root);
        value.map_err(|fault| fault.told(&self.text))
    }

    /// What made it come to what it does.
    pub fn why<'v>(&'v self, names: &Names<'_, 'v>, steps: u32) -> Why {
        why::of(&self.text, &self.root, Eval::new(names, steps))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names in it.
    pub fn names(&self) -> BTreeSet<&str> {
        fn collect<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
            if let What::Name(name) = &node.what {
                names.insert(name);
            }
            node.what.children().for_each(|child| collect(child, names));
        }
        let mut names = BTreeSet::new();
        collect(&self.root, &mut names);
        names
    }

    /// Whether it can come to true or false, as far as that can be seen without values.
    pub fn may_be_bool(&self) -> bool {
        self.root.what.may_be_bool()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests;

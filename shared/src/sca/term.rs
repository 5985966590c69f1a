//! What must hold of one line of a text: `TERM[ && TERM]…`, where a term is `[!]r:EXPRESSION`,
//! `[!]n:EXPRESSION compare <= NUMBER`, or the whole line as it is.

use super::{Dialect, Edition, matcher::Matcher};

const AND: &str = " && ";
const COMPARE: &str = " compare ";

/// Most terms of one line.
const MAX_TERMS: usize = 64;

/// Terms that must hold of one line together.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    terms: Vec<Term>,
    /// A lone negated term of edition 5: that no line of the text matches.
    none: bool,
}

/// What came of terms on a text. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// On this line, or because no line is otherwise.
    Yes(Option<usize>),
    /// Because of this line, or because no line is otherwise.
    No(Option<usize>),
    /// It could not be said, for this reason.
    Open(String),
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Whole { text: String, any_case: bool },
    Matches(Matcher),
    Number { of: Matcher, must: Order, than: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    MoreOrEqual,
    More,
}

/// The longer signs before those that they begin with.
const ORDERS: [(&str, Order); 7] = [
    ("<=", Order::LessOrEqual),
    (">=", Order::MoreOrEqual),
    ("==", Order::Equal),
    ("!=", Order::NotEqual),
    ("<", Order::Less),
    (">", Order::More),
    ("=", Order::Equal),
];

impl Terms {
    /// Parses terms. `alone` says whether a lone negated term may mean that no line matches, as it
    /// does in edition 5.
    pub(super) fn parse(text: &str, dialect: Dialect, alone: bool) -> Result<Self, String> {
        let terms = text.split(AND).map(|term| Term::parse(term, dialect));
        let terms = terms.collect::<Result<Vec<_>, _>>()?;
        if terms.len() > MAX_TERMS {
            return Err(format!("has more than {MAX_TERMS} terms"));
        }
        let is_lone = matches!(terms.as_slice(), [Term { negated: true, .. }]);
        Ok(Self {
            none: alone && is_lone && dialect.edition == Edition::Five,
            terms,
        })
    }

    /// Whether a line of the text fits.
    pub fn find<'t>(&self, lines: impl IntoIterator<Item = &'t str>) -> Came {
        let mut open = None;
        let mut any = false;
        for (n, line) in lines.into_iter().enumerate() {
            any = true;
            match self.fit(line) {
                Ok(true) if !self.none => return Came::Yes(Some(n + 1)),
                Ok(false) if self.none => return Came::No(Some(n + 1)),
                Ok(_) => {}
                Err(why) => {
                    open.get_or_insert(format!("line {}: {why}", n + 1));
                }
            }
        }
        match open {
            Some(why) => Came::Open(why),
            None if self.none && any => Came::Yes(None),
            None => Came::No(None),
        }
    }

    /// Whether they hold only when no line of the text is otherwise, so that all of it must be known.
    pub fn want_none(&self) -> bool {
        self.none
    }

    /// Whether one is a whole text that is longer than `kept` bytes and begins with this one, which is
    /// all that was kept of it.
    pub fn may_begin_with(&self, begin: &str, kept: usize) -> bool {
        let begins = |term: &Term| match &term.test {
            Test::Whole { text, .. } => text.len() > kept && text.starts_with(begin),
            Test::Matches(_) | Test::Number { .. } => false,
        };
        begin.len() >= kept && self.terms.iter().any(begins)
    }

    /// Whether all terms hold of this line. One that does not decides, whatever is not known of the
    /// others.
    ///
    /// # Errors
    /// In words, when that cannot be said.
    pub fn fit(&self, line: &str) -> Result<bool, String> {
        let mut open = None;
        for term in &self.terms {
            match term.holds(line) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(why) => open = Some(why),
            }
        }
        open.map_or(Ok(true), Err)
    }
}

impl Term {
    fn parse(text: &str, dialect: Dialect) -> Result<Self, String> {
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let test = if let Some(expression) = after(text, "r:") {
            Test::Matches(Matcher::new(expression, dialect)?)
        } else if let Some(rest) = after(text, "n:") {
            let Some((expression, comparison)) = rest.split_once(COMPARE) else {
                return Err(format!(
                    "`{text}`: `n:` wants ` compare ` and a bound, as `<= 4`"
                ));
            };
            let (must, than) = bound(comparison.trim())
                .ok_or_else(|| format!("`{comparison}` is no bound, as `<= 4`"))?;
            let of = Matcher::new(expression, dialect)?;
            of.can_capture()?;
            Test::Number { of, must, than }
        } else if text.is_empty() {
            return Err("has a term that says nothing".into());
        } else {
            Test::Whole {
                text: text.to_owned(),
                any_case: dialect.edition == Edition::Four,
            }
        };
        Ok(Self { negated, test })
    }

    fn holds(&self, line: &str) -> Result<bool, String> {
        let is = match &self.test {
            Test::Whole {
                text,
                any_case: true,
            } => text.eq_ignore_ascii_case(line),
            Test::Whole { text, .. } => text == line,
            Test::Matches(matcher) => matcher.is_match(line),
            Test::Number { of, must, than } => match of.capture(line) {
                None => false,
                Some(captured) => must.holds(number(captured)?, *than),
            },
        };
        Ok(is != self.negated)
    }
}

impl Order {
    fn holds(self, number: i64, than: i64) -> bool {
        match self {
            Self::Less => number < than,
            Self::LessOrEqual => number <= than,
            Self::Equal => number == than,
            Self::NotEqual => number != than,
            Self::MoreOrEqual => number >= than,
            Self::More => number > than,
        }
    }
}

/// What stands behind `r:`, in small letters or large ones.
fn after<'t>(text: &'t str, head: &str) -> Option<&'t str> {
    let (first, rest) = text.split_at_checked(head.len())?;
    first.eq_ignore_ascii_case(head).then_some(rest)
}

fn bound(text: &str) -> Option<(Order, i64)> {
    let of = |(sign, order): &(&str, Order)| {
        let number = text.strip_prefix(sign)?.trim();
        Some((*order, number.parse().ok()?))
    };
    ORDERS.iter().find_map(of)
}

/// The number that a text begins with, as C reads it: what follows the digits does not matter.
fn number(text: &str) -> Result<i64, String> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = text.len() - digits.len();
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number = text[..sign + end].parse();
    number.map_err(|_| format!("`{text}` is no whole number to compare"))
}

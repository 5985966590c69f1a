//! From the text to what an expression is made of. Names, functions and how many values these take are
//! checked on the way, so that what was read can only fail by its values.

/// Functions and macros.
mod call;

use super::{
    Fault, MAX_DEPTH, MAX_NESTING, MAX_TEXT,
    node::{Binary, Node, What},
    token::{Placed, Token, tokens},
};

struct Parser<'t> {
    tokens: Vec<Placed<'t>>,
    next: usize,
    nesting: usize,
    known: &'t [&'t str],
    /// Names that macros give, the innermost last.
    locals: Vec<String>,
}

type Parsed = Result<Node, Fault>;

/// The whole of an expression.
pub(super) fn root(text: &str, known: &[&str]) -> Parsed {
    if text.len() > MAX_TEXT {
        return Err(Fault::new(0, format!("longer than {MAX_TEXT} bytes")));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        nesting: 0,
        known,
        locals: Vec::new(),
    };
    let root = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(root),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &Token<'t> {
        &self.tokens[self.next].token
    }

    fn start(&self) -> usize {
        self.tokens[self.next].start
    }

    /// Where what was taken last ends.
    fn end(&self) -> usize {
        self.tokens[self.next.saturating_sub(1)].end
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        // The end stays the end.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(one) if *one == sign);
        if is {
            self.take();
        }
        is
    }

    fn want(&mut self, sign: &str) -> Result<(), Fault> {
        if self.eat(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{sign}`")))
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Word(word) => format!("`{word}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Text(_) => "a text".to_owned(),
            Token::Int(_) | Token::Double(_) => "a number".to_owned(),
        };
        Fault::new(
            self.start(),
            format!("{wanted} is wanted here, not {found}"),
        )
    }

    /// From `start` to what was taken last.
    fn node(&self, start: usize, what: What) -> Parsed {
        let depth = what.children().map(|child| child.depth).max().unwrap_or(0) + 1;
        if depth > MAX_DEPTH {
            let what = format!("more than {MAX_DEPTH} operators in a row or in each other");
            return Err(Fault::new(start, what));
        }
        Ok(Node {
            start,
            end: self.end(),
            depth,
            what,
        })
    }

    fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let what = format!("nested more than {MAX_NESTING} deep");
            return Err(Fault::new(self.start(), what));
        }
        let start = self.start();
        let mut node = self.or()?;
        if self.eat("?") {
            let then = self.or()?;
            self.want(":")?;
            let other = self.expression()?;
            node = self.node(start, What::If(Box::new([node, then, other])))?;
        }
        self.nesting -= 1;
        Ok(node)
    }

    fn or(&mut self) -> Parsed {
        self.row("||", Self::and, What::Or)
    }

    fn and(&mut self) -> Parsed {
        self.row("&&", Self::relation, What::And)
    }

    fn row(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Parsed,
        what: fn(Vec<Node>) -> What,
    ) -> Parsed {
        let start = self.start();
        let mut parts = vec![part(self)?];
        while self.eat(sign) {
            parts.push(part(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => self.node(start, what(parts)),
        }
    }

    fn relation(&mut self) -> Parsed {
        self.chain(Self::sum, Binary::of_relation)
    }

    fn sum(&mut self) -> Parsed {
        self.chain(Self::product, Binary::of_sum)
    }

    fn product(&mut self) -> Parsed {
        self.chain(Self::unary, Binary::of_product)
    }

    fn chain(
        &mut self,
        part: fn(&mut Self) -> Parsed,
        operator: fn(&str) -> Option<Binary>,
    ) -> Parsed {
        let start = self.start();
        let mut left = part(self)?;
        loop {
            let sign = match self.peek() {
                Token::Sign(sign) => sign,
                Token::Word(word) => word,
                _ => return Ok(left),
            };
            let Some(operator) = operator(sign) else {
                return Ok(left);
            };
            self.take();
            let right = part(self)?;
            left = self.node(start, What::Binary(operator, Box::new([left, right])))?;
        }
    }

    fn unary(&mut self) -> Parsed {
        let sign = match self.peek() {
            Token::Sign(sign @ ("!" | "-")) => *sign,
            _ => return self.member(),
        };
        let mut starts = Vec::new();
        loop {
            let start = self.start();
            if !self.eat(sign) {
                break;
            }
            starts.push(start);
        }
        let mut node = self.operand(sign == "-", &mut starts)?;
        for start in starts.into_iter().rev() {
            let what = match sign {
                "!" => What::Not(Box::new(node)),
                _ => What::Negate(Box::new(node)),
            };
            node = self.node(start, what)?;
        }
        Ok(node)
    }

    /// What a sign stands before. The lowest number is one lower than the highest is high, so that its
    /// minus belongs to it.
    fn operand(&mut self, is_minus: bool, starts: &mut Vec<usize>) -> Parsed {
        const LOWEST: u64 = i64::MIN.unsigned_abs();
        if is_minus && *self.peek() == Token::Int(LOWEST) {
            let start = starts.pop().unwrap_or(self.start());
            self.take();
            return self.node(start, What::Int(i64::MIN));
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let start = self.start();
        let mut node = self.primary()?;
        loop {
            if self.eat(".") {
                let at = self.start();
                let Token::Word(name) = *self.peek() else {
                    return Err(self.unexpected("the name of a field or a function"));
                };
                self.take();
                node = if self.eat("(") {
                    self.method(start, at, node, name)?
                } else {
                    self.node(start, What::Field(Box::new(node), name.to_owned()))?
                };
            } else if self.eat("[") {
                let index = self.expression()?;
                self.want("]")?;
                node = self.node(start, What::Index(Box::new([node, index])))?;
            } else {
                return Ok(node);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let start = self.start();
        match self.peek().clone() {
            Token::Int(number) => {
                let what = "an int is at most 9223372036854775807";
                let number = i64::try_from(number).map_err(|_| Fault::new(start, what))?;
                self.take();
                self.node(start, What::Int(number))
            }
            Token::Double(number) => {
                self.take();
                self.node(start, What::Double(number))
            }
            Token::Text(text) => {
                self.take();
                self.node(start, What::Text(text))
            }
            Token::Sign("(") => {
                self.take();
                let node = self.expression()?;
                self.want(")")?;
                let end = self.end();
                Ok(Node { start, end, ..node })
            }
            Token::Sign("[") => {
                self.take();
                let items = self.items("]", Self::expression)?;
                self.node(start, What::List(items))
            }
            Token::Sign("{") => {
                self.take();
                let entries = self.items("}", |parser| {
                    let key = parser.expression()?;
                    parser.want(":")?;
                    Ok([key, parser.expression()?])
                })?;
                self.node(start, What::Map(entries))
            }
            Token::Word(word) => {
                self.take();
                self.word(start, word)
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, start: usize, word: &str) -> Parsed {
        match word {
            "true" => return self.node(start, What::Bool(true)),
            "false" => return self.node(start, What::Bool(false)),
            "null" => return self.node(start, What::Null),
            "in" => return Err(Fault::new(start, "a value is wanted here, not `in`")),
            _ => {}
        }
        if self.eat("(") {
            return self.call(start, word);
        }
        if self.locals.iter().any(|local| local == word) {
            return self.node(start, What::Local(word.to_owned()));
        }
        if self.known.contains(&word) {
            return self.node(start, What::Name(word.to_owned()));
        }
        let known = self.known.join(", ");
        let what = format!("there is no `{word}`; there are: {known}");
        Err(Fault::new(start, what))
    }

    /// What stands between commas, to the closing bracket. A comma may stand before that.
    fn items<T>(
        &mut self,
        close: &str,
        item: impl Fn(&mut Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(item(self)?);
            if !self.eat(",") {
                self.want(close)?;
                break;
            }
        }
        Ok(items)
    }
}

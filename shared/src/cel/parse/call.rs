//! Functions and macros, which must be known and have what they take.

use super::{Parsed, Parser};
use crate::cel::{
    Fault, call,
    node::{Each, Function, Macro, Node, What},
    token::Token,
};

/// What stands in the place of a value cannot be a name.
const LITERALS: [&str; 4] = ["true", "false", "null", "in"];

impl Parser<'_> {
    /// `f(a)`; the bracket is taken.
    pub(super) fn call(&mut self, start: usize, name: &str) -> Parsed {
        if name == "has" {
            let of = self.expression()?;
            self.want(")")?;
            return match of.what {
                What::Field(of, field) => self.node(start, What::Has(of, field)),
                _ => Err(Fault::new(start, "`has` wants a field: `has(a.b)`")),
            };
        }
        let function = Function::ALL.into_iter().find(|one| one.name() == name);
        let function = function.filter(|one| one.styles().1);
        let function = function.ok_or_else(|| unknown(start, name, false))?;
        let values = self.items(")", Self::expression)?;
        self.function(start, start, function, values)
    }

    /// `node.f(a)`; the bracket is taken.
    pub(super) fn method(&mut self, start: usize, at: usize, node: Node, name: &str) -> Parsed {
        if let Some(sort) = Macro::named(name) {
            return self.each(start, at, node, sort);
        }
        let function = Function::ALL.into_iter().find(|one| one.name() == name);
        let function = function.filter(|one| one.styles().0);
        let function = function.ok_or_else(|| unknown(at, name, true))?;
        let mut values = vec![node];
        values.extend(self.items(")", Self::expression)?);
        self.function(start, at, function, values)
    }

    fn function(
        &self,
        start: usize,
        at: usize,
        function: Function,
        mut values: Vec<Node>,
    ) -> Parsed {
        let (name, takes, given) = (function.name(), function.takes(), values.len());
        if given != takes {
            let what = format!("`{name}` takes {takes} with what it is called on, not {given}");
            return Err(Fault::new(at, what));
        }
        if let (Function::Matches, [_, pattern]) = (function, values.as_slice())
            && let What::Text(text) = &pattern.what
        {
            let regex = call::regex(text).map_err(|what| Fault::new(pattern.start, what))?;
            let of = Box::new(values.remove(0));
            return self.node(start, What::Matches(of, Box::new(regex)));
        }
        self.node(start, What::Call(function, values))
    }

    fn each(&mut self, start: usize, at: usize, over: Node, sort: Macro) -> Parsed {
        let name = match *self.peek() {
            Token::Word(name) if !LITERALS.contains(&name) => name.to_owned(),
            _ => return Err(self.unexpected("a name for one of them")),
        };
        self.take();
        const WANTED: &str = "a name and one expression are wanted: `list.all(one, one.is_so)`";
        if !self.eat(",") {
            return Err(Fault::new(at, WANTED));
        }
        self.locals.push(name.clone());
        let mut bodies = self.items(")", Self::expression)?;
        self.locals.pop();
        let last = bodies.pop();
        let (only, body) = match (bodies.pop(), last) {
            (None, Some(body)) => (None, body),
            (Some(only), Some(body)) if sort == Macro::Map && bodies.is_empty() => {
                (Some(only), body)
            }
            _ => return Err(Fault::new(at, WANTED)),
        };
        let each = Each {
            sort,
            over,
            local: name,
            body,
            only,
        };
        self.node(start, What::Each(Box::new(each)))
    }
}

fn unknown(at: usize, name: &str, is_method: bool) -> Fault {
    let known = Function::ALL.into_iter().filter(|one| match is_method {
        true => one.styles().0,
        false => one.styles().1,
    });
    let mut known: Vec<&str> = known.map(Function::name).collect();
    known.extend(match is_method {
        true => &["all", "exists", "exists_one", "filter", "map"][..],
        false => &["has"],
    });
    let known = known.join(", ");
    let how = if is_method {
        "called on a value"
    } else {
        "called so"
    };
    Fault::new(
        at,
        format!("there is no function `{name}` that is {how}; there are: {known}"),
    )
}

//! What an expression is made of.

use regex::bytes::Regex;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The bytes that it takes, brackets around it included.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The longest way to what is innermost.
    pub(super) depth: usize,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// What whoever asks knows.
    Name(String),
    /// What a macro around it goes through.
    Local(String),
    Field(Box<Node>, String),
    Has(Box<Node>, String),
    Index(Box<[Node; 2]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    /// All in a row, so that a long one is not deep.
    And(Vec<Node>),
    Or(Vec<Node>),
    /// Condition, then, else.
    If(Box<[Node; 3]>),
    List(Vec<Node>),
    Map(Vec<[Node; 2]>),
    /// Whatever it is called on comes first.
    Call(Function, Vec<Node>),
    /// `matches` with an expression that is written out.
    Matches(Box<Node>, Box<Regex>),
    Each(Box<Each>),
}

/// A macro that goes through a list, or the keys of a map.
#[derive(Debug, Clone)]
pub(super) struct Each {
    pub(super) sort: Macro,
    pub(super) over: Node,
    /// What one of it is called.
    pub(super) local: String,
    /// What is asked of it, or made of it.
    pub(super) body: Node,
    /// Of `map` with three: which are taken.
    pub(super) only: Option<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

impl Macro {
    /// By its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "exists" => Self::Exists,
            "exists_one" => Self::ExistsOne,
            "filter" => Self::Filter,
            "map" => Self::Map,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
}

impl Binary {
    /// Sum, product and relation, each of its strength.
    pub(super) fn of_sum(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Add,
            "-" => Self::Subtract,
            _ => return None,
        })
    }

    pub(super) fn of_product(sign: &str) -> Option<Self> {
        Some(match sign {
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            _ => return None,
        })
    }

    pub(super) fn of_relation(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            "in" => Self::In,
            _ => return None,
        })
    }

    /// Whether it is one of the last.
    pub(super) fn is_relation(self) -> bool {
        !matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Remainder
        )
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    Int,
    Double,
    String,
    LowerAscii,
}

impl Function {
    pub(super) const ALL: [Self; 9] = [
        Self::Size,
        Self::StartsWith,
        Self::EndsWith,
        Self::Contains,
        Self::Matches,
        Self::Int,
        Self::Double,
        Self::String,
        Self::LowerAscii,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
            Self::Matches => "matches",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::LowerAscii => "lowerAscii",
        }
    }

    /// How many values it takes, with the one that it is called on.
    pub(super) fn takes(self) -> usize {
        match self {
            Self::StartsWith | Self::EndsWith | Self::Contains | Self::Matches => 2,
            _ => 1,
        }
    }

    /// Whether it may be called on a value, `a.f()`, and with values alone, `f(a)`.
    pub(super) fn styles(self) -> (bool, bool) {
        match self {
            Self::Size | Self::Matches => (true, true),
            Self::StartsWith | Self::EndsWith | Self::Contains | Self::LowerAscii => (true, false),
            Self::Int | Self::Double | Self::String => (false, true),
        }
    }

    fn may_be_bool(self) -> bool {
        self.takes() == 2
    }
}

impl What {
    /// The parts of it.
    pub(super) fn children(&self) -> impl Iterator<Item = &Node> {
        let some: Vec<&Node> = match self {
            Self::Field(of, _) | Self::Has(of, _) | Self::Matches(of, _) => vec![of],
            Self::Not(of) | Self::Negate(of) => vec![of],
            Self::Index(of) | Self::Binary(_, of) => of.iter().collect(),
            Self::If(of) => of.iter().collect(),
            Self::And(of) | Self::Or(of) | Self::List(of) | Self::Call(_, of) => {
                of.iter().collect()
            }
            Self::Map(of) => of.iter().flatten().collect(),
            Self::Each(each) => [&each.over, &each.body]
                .into_iter()
                .chain(&each.only)
                .collect(),
            _ => Vec::new(),
        };
        some.into_iter()
    }

    /// Whether it is the same whatever the names stand for.
    pub(super) fn is_constant(&self) -> bool {
        !matches!(self, Self::Name(_) | Self::Local(_))
            && self.children().all(|child| child.what.is_constant())
    }

    pub(super) fn may_be_bool(&self) -> bool {
        match self {
            Self::Null | Self::Int(_) | Self::Double(_) | Self::Text(_) => false,
            Self::Negate(_) | Self::List(_) | Self::Map(_) => false,
            Self::Binary(binary, _) => binary.is_relation(),
            Self::Call(function, _) => function.may_be_bool(),
            Self::Each(each) => !matches!(each.sort, Macro::Filter | Macro::Map),
            Self::If(of) => of[1].what.may_be_bool() || of[2].what.may_be_bool(),
            _ => true,
        }
    }
}

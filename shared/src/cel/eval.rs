//! What an expression comes to. Each step is counted, so that none takes longer than it is allowed.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap};

use super::{
    Fault, MAX_RESULT, Names, Value, call,
    node::{Binary, Node, What},
    value::{List, Map},
};

/// Bytes of text that are looked at in one step.
const BYTES_OF_A_STEP: usize = 64;

/// Steps that it costs to keep a value: they bound memory too.
pub(super) const TO_KEEP: usize = 8;

/// The evaluation of one expression.
pub(super) struct Eval<'v, 'c> {
    names: &'c Names<'c, 'v>,
    /// What names stood for: to put one together may have cost much.
    known: BTreeMap<&'v str, Result<Value<'v>, String>>,
    /// What macros go through, the innermost last.
    pub(super) locals: Vec<(&'v str, Value<'v>)>,
    left: u32,
    /// Where it is now, for what is wrong.
    pub(super) at: usize,
}

pub(super) type Came<'v> = Result<Value<'v>, Fault>;

impl<'v, 'c> Eval<'v, 'c> {
    pub(super) fn new(names: &'c Names<'c, 'v>, steps: u32) -> Self {
        Self {
            names,
            known: BTreeMap::new(),
            locals: Vec::new(),
            left: steps,
            at: 0,
        }
    }

    /// Takes steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        let left = u32::try_from(steps).ok();
        match left.and_then(|steps| self.left.checked_sub(steps)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Fault {
                    exhausted: true,
                    ..self.fault("it takes more steps than it may: ask fewer values")
                })
            }
        }
    }

    /// Takes the steps that it takes to look at a text.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Fault> {
        self.spend(text.len() / BYTES_OF_A_STEP)
    }

    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::new(self.at, what)
    }

    /// What a part comes to.
    pub(super) fn of(&mut self, node: &'v Node) -> Came<'v> {
        self.at = node.start;
        self.spend(1)?;
        match &node.what {
            What::Null => Ok(Value::Null),
            What::Bool(value) => Ok(Value::Bool(*value)),
            What::Int(value) => Ok(Value::Int(*value)),
            What::Double(value) => Ok(Value::Double(*value)),
            What::Text(text) => Ok(Value::Text(text.into())),
            What::Name(name) => {
                let names = self.names;
                let value = self
                    .known
                    .entry(name.as_str())
                    .or_insert_with(|| names(name));
                value.clone().map_err(|why| Fault::new(node.start, why))
            }
            What::Local(name) => {
                let local = self.locals.iter().rev().find(|(local, _)| local == name);
                local
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| self.fault(format!("nothing is called `{name}` here")))
            }
            What::Field(of, name) => {
                let of = self.of(of)?;
                self.at = node.start;
                self.field(&of, name)
            }
            What::Has(of, name) => match self.of(of)? {
                Value::Map(map) => Ok(Value::Bool(map.field(name).is_some())),
                other => Err(self.fault(format!("a {} has no fields", other.sort()))),
            },
            What::Index(parts) => {
                let (of, index) = (self.of(&parts[0])?, self.of(&parts[1])?);
                self.at = node.start;
                self.index(&of, &index)
            }
            What::Not(of) => match self.of(of)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                other => Err(self.no_bool(&other)),
            },
            What::Negate(of) => {
                let value = self.of(of)?;
                let negated = match &value {
                    Value::Int(value) => value.checked_neg().map(Value::Int),
                    Value::Double(value) => Some(Value::Double(-value)),
                    other => return Err(self.fault(format!("`-` of a {}", other.sort()))),
                };
                negated.ok_or_else(|| self.fault("the int is too large"))
            }
            What::Binary(binary, parts) => {
                let (left, right) = (self.of(&parts[0])?, self.of(&parts[1])?);
                self.at = node.start;
                self.binary(*binary, &left, &right)
            }
            What::And(parts) => self.logical(parts, false),
            What::Or(parts) => self.logical(parts, true),
            What::If(parts) => match self.of(&parts[0])? {
                Value::Bool(true) => self.of(&parts[1]),
                Value::Bool(false) => self.of(&parts[2]),
                other => Err(self.no_bool(&other)),
            },
            What::List(parts) => {
                self.spend(parts.len() * TO_KEEP)?;
                let items: Result<Vec<_>, _> = parts.iter().map(|part| self.of(part)).collect();
                Ok(Value::list(items?))
            }
            What::Map(parts) => self.map(parts),
            What::Call(function, parts) => {
                let values: Result<Vec<_>, _> = parts.iter().map(|part| self.of(part)).collect();
                self.at = node.start;
                call::call(self, *function, &values?)
            }
            What::Matches(of, regex) => {
                let of = self.of(of)?;
                self.at = node.start;
                call::matches(self, &of, regex)
            }
            What::Each(each) => self.each(each),
        }
    }

    /// `||` and `&&`: one that is `decides` decides, whatever is wrong with the others.
    fn logical(&mut self, parts: &'v [Node], decides: bool) -> Came<'v> {
        let mut wrong = None;
        for part in parts {
            match self.of(part) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(other) => {
                    self.at = part.start;
                    wrong = wrong.or(Some(self.no_bool(&other)));
                }
                Err(fault) if fault.exhausted => return Err(fault),
                Err(fault) => wrong = wrong.or(Some(fault)),
            }
        }
        wrong.map_or(Ok(Value::Bool(!decides)), Err)
    }

    pub(super) fn no_bool(&self, value: &Value<'_>) -> Fault {
        self.fault(format!(
            "true or false is wanted here, not a {}",
            value.sort()
        ))
    }

    fn map(&mut self, parts: &'v [[Node; 2]]) -> Came<'v> {
        self.spend(2 * parts.len() * TO_KEEP)?;
        let mut entries: Vec<[Value<'v>; 2]> = Vec::new();
        for [key, value] in parts {
            let at = key.start;
            let key = self.of(key)?;
            if !matches!(key, Value::Text(_) | Value::Int(_) | Value::Bool(_)) {
                return Err(Fault::new(at, format!("a {} cannot be a key", key.sort())));
            }
            self.spend(entries.len())?;
            if entries
                .iter()
                .any(|[known, _]| known.order(&key) == Some(Ordering::Equal))
            {
                return Err(Fault::new(at, format!("the key {} twice", key.shown(100))));
            }
            entries.push([key, self.of(value)?]);
        }
        Ok(Value::Map(Map::Made(entries.into())))
    }

    fn field(&self, of: &Value<'v>, name: &str) -> Came<'v> {
        let Value::Map(map) = of else {
            return Err(self.fault(format!("a {} has no field `{name}`", of.sort())));
        };
        map.field(name).ok_or_else(|| {
            let fields: Vec<_> = map.keys().take(20).map(|key| key.shown(40)).collect();
            let fields = fields.join(", ").replace('"', "");
            self.fault(format!("there is no field `{name}`; there are: {fields}"))
        })
    }

    fn index(&mut self, of: &Value<'v>, index: &Value<'v>) -> Came<'v> {
        match (of, index) {
            (Value::List(list), Value::Int(n)) => {
                let item = usize::try_from(*n).ok().and_then(|n| list.get(n));
                let many = list.len();
                item.ok_or_else(|| self.fault(format!("no item {n} in a list of {many}")))
            }
            (Value::Map(map), key) => {
                self.spend(map.len() / TO_KEEP)?;
                let value = map.get(key);
                value.ok_or_else(|| self.fault(format!("there is no key {}", key.shown(100))))
            }
            _ => Err(self.no_such("[]", of, index)),
        }
    }

    fn no_such(&self, sign: &str, left: &Value<'_>, right: &Value<'_>) -> Fault {
        let (left, right) = (left.sort(), right.sort());
        self.fault(format!("`{sign}` is not known of a {left} and a {right}"))
    }

    fn binary(&mut self, binary: Binary, left: &Value<'v>, right: &Value<'v>) -> Came<'v> {
        let ordered = |is: fn(Ordering) -> bool, eval: &mut Self| {
            let comparable = left.sort() == right.sort() || is_number(left) && is_number(right);
            let sorted = !matches!(left, Value::Null | Value::List(_) | Value::Map(_));
            if !(comparable && sorted) {
                return Err(eval.no_such(binary.sign(), left, right));
            }
            // Nothing is more or less than what is no number.
            Ok(Value::Bool(left.order(right).is_some_and(is)))
        };
        match binary {
            Binary::Equal => self.equal(left, right).map(Value::Bool),
            Binary::Unequal => self.equal(left, right).map(|equal| Value::Bool(!equal)),
            Binary::Less => ordered(Ordering::is_lt, self),
            Binary::AtMost => ordered(Ordering::is_le, self),
            Binary::Greater => ordered(Ordering::is_gt, self),
            Binary::AtLeast => ordered(Ordering::is_ge, self),
            Binary::In => self.is_in(left, right).map(Value::Bool),
            _ => self.sum(binary, left, right),
        }
    }

    /// Values of different sorts are not equal, but for numbers.
    pub(super) fn equal(&mut self, left: &Value<'v>, right: &Value<'v>) -> Result<bool, Fault> {
        self.spend(1)?;
        Ok(match (left, right) {
            (Value::Null, Value::Null) => true,
            (Value::Text(a), Value::Text(b)) => {
                self.read(a)?;
                a == b
            }
            (Value::List(a), Value::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in (0..a.len()).filter_map(|n| a.get(n).zip(b.get(n))) {
                    if !self.equal(&a, &b)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(a), Value::Map(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for key in a.keys() {
                    self.spend(b.len() / TO_KEEP)?;
                    let is = match a.get(&key).zip(b.get(&key)) {
                        Some((a, b)) => self.equal(&a, &b)?,
                        None => false,
                    };
                    if !is {
                        return Ok(false);
                    }
                }
                true
            }
            (left, right) => left.order(right) == Some(Ordering::Equal),
        })
    }

    fn is_in(&mut self, left: &Value<'v>, right: &Value<'v>) -> Result<bool, Fault> {
        match right {
            Value::List(list) => {
                for item in (0..list.len()).filter_map(|n| list.get(n)) {
                    if self.equal(left, &item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Map(map) => {
                self.spend(map.len() / TO_KEEP)?;
                Ok(map.get(left).is_some())
            }
            _ => Err(self.no_such("in", left, right)),
        }
    }

    fn sum(&mut self, binary: Binary, left: &Value<'v>, right: &Value<'v>) -> Came<'v> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                let (a, b) = (*a, *b);
                let by_zero = matches!(binary, Binary::Divide | Binary::Remainder) && b == 0;
                if by_zero {
                    return Err(self.fault("division by zero"));
                }
                let value = match binary {
                    Binary::Add => a.checked_add(b),
                    Binary::Subtract => a.checked_sub(b),
                    Binary::Multiply => a.checked_mul(b),
                    Binary::Divide => a.checked_div(b),
                    _ => a.checked_rem(b),
                };
                value
                    .map(Value::Int)
                    .ok_or_else(|| self.fault("the int is too large"))
            }
            (Value::Double(a), Value::Double(b)) => match binary {
                Binary::Add => Ok(Value::Double(a + b)),
                Binary::Subtract => Ok(Value::Double(a - b)),
                Binary::Multiply => Ok(Value::Double(a * b)),
                Binary::Divide => Ok(Value::Double(a / b)),
                _ => Err(self.no_such(binary.sign(), left, right)),
            },
            (Value::Text(a), Value::Text(b)) if binary == Binary::Add => {
                let length = a.len() + b.len();
                if length > MAX_RESULT {
                    return Err(self.fault(format!("a text of more than {MAX_RESULT} bytes")));
                }
                self.spend(length / TO_KEEP)?;
                Ok(Value::Text(Cow::Owned(format!("{a}{b}"))))
            }
            (Value::List(a), Value::List(b)) if binary == Binary::Add => {
                self.spend((a.len() + b.len()) * TO_KEEP)?;
                let all = |list: &List<'v>| {
                    let list = list.clone();
                    (0..list.len()).filter_map(move |n| list.get(n))
                };
                Ok(Value::list(all(a).chain(all(b))))
            }
            _ => Err(self.no_such(binary.sign(), left, right)),
        }
    }
}

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Double(_))
}

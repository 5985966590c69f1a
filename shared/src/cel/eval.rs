//! What an expression comes to. Each step is counted, so that none takes longer than it is allowed.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    Fault, Names, Value, call,
    node::{Node, What},
    value::Map,
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
}

//! `all`, `exists`, `exists_one`, `filter`, `map`: through a list, or through the keys of a map.

use super::{
    Fault, Value,
    eval::{Came, Eval, TO_KEEP},
    node::{Each, Macro, Node},
    value::List,
};

impl<'v> Eval<'v, '_> {
    pub(super) fn each(&mut self, each: &'v Each) -> Came<'v> {
        let items = self.items(&each.over)?;
        let mut kept = Vec::new();
        let mut wrong = None;
        for item in (0..items.len()).filter_map(|n| items.get(n)) {
            let asked = match &each.only {
                Some(only) => self.with(&each.local, &item, only),
                None if each.sort == Macro::Map => Ok(Value::Bool(true)),
                None => self.with(&each.local, &item, &each.body),
            };
            let is = match asked {
                Ok(Value::Bool(is)) => Some(is),
                Ok(other) => {
                    self.at = each.body.start;
                    wrong = wrong.or(Some(self.no_bool(&other)));
                    None
                }
                Err(fault) if fault.exhausted => return Err(fault),
                Err(fault) => {
                    wrong = wrong.or(Some(fault));
                    None
                }
            };
            match (each.sort, is) {
                // One decides, whatever is wrong with others.
                (Macro::Exists, Some(true)) => return Ok(Value::Bool(true)),
                (Macro::All, Some(false)) => return Ok(Value::Bool(false)),
                (Macro::Exists | Macro::All, _) => {}
                (_, None) => break,
                (Macro::Map, Some(true)) => {
                    self.spend(TO_KEEP)?;
                    kept.push(self.with(&each.local, &item, &each.body)?);
                }
                (_, Some(true)) => {
                    self.spend(TO_KEEP)?;
                    kept.push(item);
                }
                (_, Some(false)) => {}
            }
        }
        if let Some(fault) = wrong {
            return Err(fault);
        }
        Ok(match each.sort {
            Macro::All => Value::Bool(true),
            Macro::Exists => Value::Bool(false),
            Macro::ExistsOne => Value::Bool(kept.len() == 1),
            Macro::Filter | Macro::Map => Value::list(kept),
        })
    }

    /// What a macro goes through.
    pub(super) fn items(&mut self, over: &'v Node) -> Result<List<'v>, Fault> {
        match self.of(over)? {
            Value::List(list) => Ok(list),
            Value::Map(map) => {
                self.spend(map.len() * TO_KEEP)?;
                Ok(List::Made(map.keys().collect()))
            }
            other => {
                self.at = over.start;
                Err(self.fault(format!(
                    "a list or a map is wanted here, not a {}",
                    other.sort()
                )))
            }
        }
    }

    /// What `body` comes to of one of them.
    pub(super) fn with(&mut self, local: &'v str, item: &Value<'v>, body: &'v Node) -> Came<'v> {
        self.locals.push((local, item.clone()));
        let value = self.of(body);
        self.locals.pop();
        value
    }
}

//! What decided an expression, for people: of the parts that stand between `&&` and did not hold, or of
//! all where all did, what was compared, and which of many were otherwise.

use std::collections::BTreeSet;

use super::{
    Value,
    eval::Eval,
    node::{Each, Macro, Node, What},
};

/// Longest value that is told, bytes.
const MAX_SHOWN: usize = 120;

/// Values that are told.
const MAX_VALUES: usize = 20;

/// What decided an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// Of `many.all(one, …)` those of which it does not hold, of `!many.exists(one, …)` those of which
    /// it does: by their keys, with what is wrong where that could not be said.
    pub offenders: Vec<String>,
    /// How many were asked.
    pub of: usize,
    /// What else was compared, as it stands in the expression, and its value.
    pub values: Vec<(String, String)>,
}

pub(super) fn of<'v>(text: &str, root: &'v Node, mut eval: Eval<'v, '_>) -> Why {
    let parts = match &root.what {
        What::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(root),
    };
    let holds: Vec<bool> = parts
        .iter()
        .map(|part| matches!(eval.of(part), Ok(Value::Bool(true))))
        .collect();
    let all_hold = holds.iter().all(|holds| *holds);
    let decisive = parts
        .iter()
        .zip(holds)
        .filter(|(_, holds)| all_hold || !holds);
    let mut why = Why::default();
    let mut told = BTreeSet::new();
    for (part, _) in decisive {
        if let Some((each, wanted)) = quantified(part)
            && why.ask(each, wanted, &mut eval)
        {
            continue;
        }
        let mut compared = Vec::new();
        collect(part, &mut compared);
        for node in compared.into_iter().take(MAX_VALUES) {
            let words: Vec<_> = text[node.start..node.end].split_whitespace().collect();
            let words = words.join(" ");
            if told.insert(words.clone()) {
                let value = match eval.of(node) {
                    Ok(value) => value.shown(MAX_SHOWN),
                    Err(fault) => fault.what,
                };
                why.values.push((words, value));
            }
        }
    }
    why
}

/// What must hold of each of many, and whether it must be true or false.
fn quantified(node: &Node) -> Option<(&Each, bool)> {
    let (node, wanted) = match &node.what {
        What::Not(of) => (&**of, false),
        _ => (node, true),
    };
    match &node.what {
        What::Each(each) if each.sort == Macro::All && wanted => Some((each, true)),
        What::Each(each) if each.sort == Macro::Exists && !wanted => Some((each, false)),
        _ => None,
    }
}

impl Why {
    /// Asks each of many. Whether that could be done.
    fn ask<'v>(&mut self, each: &'v Each, wanted: bool, eval: &mut Eval<'v, '_>) -> bool {
        let Ok(items) = eval.items(&each.over) else {
            return false;
        };
        self.of += items.len();
        for item in (0..items.len()).filter_map(|n| items.get(n)) {
            match eval.with(&each.local, &item, &each.body) {
                Ok(Value::Bool(is)) if is == wanted => {}
                Ok(_) => self.offenders.push(name(&item)),
                // Of those that are left nothing is known.
                Err(fault) if fault.exhausted => {
                    self.values.push(("of the others".to_owned(), fault.what));
                    return true;
                }
                Err(fault) => self
                    .offenders
                    .push(format!("{}: {}", name(&item), fault.what)),
            }
        }
        true
    }
}

/// What one of many is called.
fn name(item: &Value<'_>) -> String {
    let key = match item {
        Value::Map(map) => map.field("key"),
        _ => None,
    };
    match key.as_ref().unwrap_or(item) {
        Value::Text(text) => text.clone().into_owned(),
        other => other.shown(MAX_SHOWN),
    }
}

/// What is compared in a part, but for what is the same everywhere.
fn collect<'v>(node: &'v Node, compared: &mut Vec<&'v Node>) {
    if node.what.is_constant() {
        return;
    }
    match &node.what {
        What::And(parts) | What::Or(parts) => {
            parts.iter().for_each(|part| collect(part, compared));
        }
        What::Not(of) => collect(of, compared),
        What::If(parts) => parts.iter().for_each(|part| collect(part, compared)),
        What::Binary(binary, parts) if binary.is_relation() => {
            parts.iter().for_each(|part| collect(part, compared));
        }
        What::Matches(of, _) => collect(of, compared),
        What::Call(function, parts) if function.takes() == 2 => {
            parts.iter().for_each(|part| collect(part, compared));
        }
        _ => compared.push(node),
    }
}

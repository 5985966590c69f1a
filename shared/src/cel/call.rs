//! Functions.

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};

use super::{
    Fault, Value,
    eval::{Came, Eval, TO_KEEP},
    node::Function,
};

/// Largest expression that is compiled, bytes: what a rule needs, and no bomb.
const MAX_REGEX: usize = 1 << 18;

/// Steps that it costs to compile one that was not written out.
const TO_COMPILE: usize = 20_000;

/// An expression that may match anywhere in a text, with the letters of ASCII.
pub(super) fn regex(text: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(text);
    let built = builder
        .unicode(false)
        .size_limit(MAX_REGEX)
        .dfa_size_limit(MAX_REGEX)
        .build();
    built.map_err(|error| format!("no regular expression: {error}"))
}

pub(super) fn matches<'v>(eval: &mut Eval<'v, '_>, of: &Value<'v>, regex: &Regex) -> Came<'v> {
    let Value::Text(text) = of else {
        return Err(wrong(eval, Function::Matches, of));
    };
    // Every state that it may be in is looked at for each byte.
    eval.spend(text.len())?;
    Ok(Value::Bool(regex.is_match(text.as_bytes())))
}

/// What it gives; there are as many values as it takes.
pub(super) fn call<'v>(
    eval: &mut Eval<'v, '_>,
    function: Function,
    values: &[Value<'v>],
) -> Came<'v> {
    if let Some(Value::Text(text)) = values.first() {
        eval.read(text)?;
    }
    match (function, values) {
        (Function::Size, [Value::Text(text)]) => Ok(size(text.chars().count())),
        (Function::Size, [Value::List(list)]) => Ok(size(list.len())),
        (Function::Size, [Value::Map(map)]) => Ok(size(map.len())),
        (Function::StartsWith, [Value::Text(of), Value::Text(with)]) => {
            Ok(Value::Bool(of.starts_with(&**with)))
        }
        (Function::EndsWith, [Value::Text(of), Value::Text(with)]) => {
            Ok(Value::Bool(of.ends_with(&**with)))
        }
        (Function::Contains, [Value::Text(of), Value::Text(part)]) => {
            Ok(Value::Bool(of.contains(&**part)))
        }
        (Function::Matches, [of, Value::Text(pattern)]) => {
            eval.spend(TO_COMPILE)?;
            let regex = regex(pattern).map_err(|what| eval.fault(what))?;
            matches(eval, of, &regex)
        }
        (Function::LowerAscii, [Value::Text(text)]) => {
            eval.spend(text.len() / TO_KEEP)?;
            Ok(Value::Text(Cow::Owned(text.to_ascii_lowercase())))
        }
        (Function::Int, [value]) => int(eval, value),
        (Function::Double, [value]) => double(eval, value),
        (Function::String, [value]) => match value {
            Value::Text(_) => Ok(value.clone()),
            Value::Bool(_) | Value::Int(_) => Ok(Value::Text(value.shown(40).into())),
            Value::Double(value) => Ok(Value::Text(value.to_string().into())),
            other => Err(wrong(eval, function, other)),
        },
        (function, values) => {
            let sort = |value: &&Value<'_>| !matches!(value, Value::Text(_));
            let other = values.iter().find(sort).or(values.first());
            Err(wrong(eval, function, other.unwrap_or(&Value::Null)))
        }
    }
}

fn size<'v>(size: usize) -> Value<'v> {
    Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

fn wrong(eval: &Eval<'_, '_>, function: Function, value: &Value<'_>) -> Fault {
    let (name, sort) = (function.name(), value.sort());
    eval.fault(format!("`{name}` is not known of a {sort}"))
}

fn int<'v>(eval: &Eval<'v, '_>, value: &Value<'v>) -> Came<'v> {
    // Both are powers of two, and so are doubles; what lies at or beyond them is no int.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let int = match value {
        Value::Int(value) => Some(*value),
        Value::Double(value) if *value > -BEYOND && *value < BEYOND => Some(*value as i64),
        Value::Double(_) => None,
        Value::Text(text) => text.parse().ok(),
        other => return Err(wrong(eval, Function::Int, other)),
    };
    let what = || eval.fault(format!("{} is no int", value.shown(100)));
    int.map(Value::Int).ok_or_else(what)
}

fn double<'v>(eval: &Eval<'v, '_>, value: &Value<'v>) -> Came<'v> {
    let double = match value {
        Value::Int(value) => Some(*value as f64),
        Value::Double(value) => Some(*value),
        Value::Text(text) => text.parse().ok(),
        other => return Err(wrong(eval, Function::Double, other)),
    };
    let what = || eval.fault(format!("{} is no double", value.shown(100)));
    double.map(Value::Double).ok_or_else(what)
}

//! Operators between two values: relations, `in`, sums and products.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    Fault, MAX_RESULT, Value,
    eval::{Came, Eval, TO_KEEP},
    node::Binary,
    value::List,
};

impl<'v> Eval<'v, '_> {
    pub(super) fn no_such(&self, sign: &str, left: &Value<'_>, right: &Value<'_>) -> Fault {
        let (left, right) = (left.sort(), right.sort());
        self.fault(format!("`{sign}` is not known of a {left} and a {right}"))
    }

    pub(super) fn binary(
        &mut self,
        binary: Binary,
        left: &Value<'v>,
        right: &Value<'v>,
    ) -> Came<'v> {
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
    fn equal(&mut self, left: &Value<'v>, right: &Value<'v>) -> Result<bool, Fault> {
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

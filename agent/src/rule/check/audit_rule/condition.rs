//! Conditions of audit rules: `auid>=1000`, and what follows from what. Pure.

use std::fmt;

/// One condition, in the one form that all that mean it have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    field: String,
    op: Op,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Is,
    IsNot,
    AtLeast,
    AtMost,
    Above,
    Below,
    /// Some of these bits are set.
    Bits,
    /// All of these bits are set.
    AllBits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(i64),
    Text(String),
    /// Another field of the same event.
    Field(String),
}

/// The longer before those that they begin with.
const OPS: [(&str, Op); 8] = [
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("!=", Op::IsNot),
    ("&=", Op::AllBits),
    ("=", Op::Is),
    (">", Op::Above),
    ("<", Op::Below),
    ("&", Op::Bits),
];

/// Numbers of users and groups: 32 bits without a sign, of which the highest is nobody's.
const IDS: [&str; 12] = [
    "auid",
    "uid",
    "euid",
    "suid",
    "fsuid",
    "obj_uid",
    "gid",
    "egid",
    "sgid",
    "fsgid",
    "obj_gid",
    "sessionid",
];
const UNSET: i64 = u32::MAX as i64;

/// Errors that rules name (errno(3), the same on every machine that Linux runs on).
const ERRORS: [(&str, i64); 16] = [
    ("EPERM", 1),
    ("ENOENT", 2),
    ("EINTR", 4),
    ("EIO", 5),
    ("EAGAIN", 11),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("EBUSY", 16),
    ("EEXIST", 17),
    ("ENOTDIR", 20),
    ("EISDIR", 21),
    ("EINVAL", 22),
    ("ETXTBSY", 26),
    ("ENOSPC", 28),
    ("EROFS", 30),
    ("EPIPE", 32),
];

/// Messages of an event that a list `exclude` may name (linux/audit.h).
const MESSAGES: [(&str, i64); 5] = [
    ("SYSCALL", SYSCALL),
    ("PATH", PATH),
    ("CWD", 1307),
    ("EXECVE", 1309),
    ("PROCTITLE", 1327),
];
/// Who did what, with the key.
pub(super) const SYSCALL: i64 = 1300;
/// With which file.
pub(super) const PATH: i64 = 1302;

/// The name, the operator and the value of a field.
pub(super) fn split(text: &str) -> Option<(&str, Op, &str)> {
    let end = text.find(['=', '!', '<', '>', '&'])?;
    let (name, rest) = text.split_at(end);
    let (op, value) = OPS
        .iter()
        .find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?)))?;
    (!name.is_empty() && !value.is_empty()).then_some((name, op, value))
}

/// The condition that a field's words mean.
pub(super) fn of(name: &str, op: Op, value: &str) -> Condition {
    let field = match name {
        "loginuid" => "auid",
        name => name,
    };
    Condition {
        field: field.to_owned(),
        op,
        value: known(field, value).map_or_else(|| Value::Text(value.to_owned()), Value::Number),
    }
}

/// The condition that two fields of an event are, or are not, the same.
pub(super) fn compared(text: &str) -> Option<Condition> {
    let (one, op, other) = split(text)?;
    if !matches!(op, Op::Is | Op::IsNot) {
        return None;
    }
    let (one, other) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    Some(Condition {
        field: one.to_owned(),
        op,
        value: Value::Field(other.to_owned()),
    })
}

/// As a rule of ours writes it, where both sorts look alike.
pub(super) fn wanted(text: &str) -> Option<Condition> {
    let (name, op, value) = split(text)?;
    if IDS.contains(&name) && IDS.contains(&value) {
        return compared(text);
    }
    Some(of(name, op, value))
}

fn known(field: &str, value: &str) -> Option<i64> {
    if IDS.contains(&field) {
        return match value {
            "unset" | "-1" => Some(UNSET),
            "root" => Some(0),
            value => value.parse().ok(),
        };
    }
    let message = MESSAGES.iter().find(|(name, _)| *name == value);
    if let Some((_, number)) = message.filter(|_| field == "msgtype") {
        return Some(*number);
    }
    match (field, value) {
        ("success", "yes") => return Some(1),
        ("success", "no") => return Some(0),
        _ => {}
    }
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value),
    };
    if field == "exit"
        && let Some((_, number)) = ERRORS.iter().find(|(name, _)| *name == digits)
    {
        return Some(sign * number);
    }
    let number = if let Some(hex) = digits.strip_prefix("0x") {
        i64::from_str_radix(hex, 16).ok()
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8).ok()
    } else {
        digits.parse().ok()
    };
    number.map(|number| sign * number)
}

impl Condition {
    pub(super) fn is_about(&self, field: &str) -> bool {
        self.field == field
    }

    /// Whether it holds of every event of which all of `given` hold.
    pub(super) fn follows_from(&self, given: &[Self]) -> bool {
        given.iter().any(|one| one == self || self.follows(one))
    }

    fn follows(&self, given: &Self) -> bool {
        // A call that gave an error did not succeed.
        if self.field == "success" && self.op == Op::Is && self.value == Value::Number(0) {
            return given.field == "exit"
                && given.op == Op::Is
                && matches!(given.value, Value::Number(number) if number < 0);
        }
        let Some((own, other)) = self.numbers(given) else {
            return false;
        };
        match (self.op, given.op) {
            (Op::AtLeast, Op::AtLeast | Op::Is) | (Op::Above, Op::Above) => other >= own,
            (Op::AtLeast, Op::Above) => other >= own - 1,
            (Op::Above, Op::AtLeast | Op::Is) => other > own,
            (Op::AtMost, Op::AtMost | Op::Is) | (Op::Below, Op::Below) => other <= own,
            (Op::AtMost, Op::Below) => other <= own + 1,
            (Op::Below, Op::AtMost | Op::Is) => other < own,
            (Op::IsNot, Op::Is) => other != own,
            (Op::IsNot, Op::AtLeast) | (Op::IsNot, Op::Above) => {
                other > own || other == own && given.op == Op::Above
            }
            (Op::IsNot, Op::AtMost) | (Op::IsNot, Op::Below) => {
                other < own || other == own && given.op == Op::Below
            }
            // More bits are met by any of fewer.
            (Op::Bits, Op::Bits) => own & other == other && other != 0,
            (Op::Bits, Op::AllBits) => own & other != 0,
            (Op::AllBits, Op::AllBits) => own & other == own,
            _ => false,
        }
    }

    /// Whether no event can meet both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let against = |one: &Self, other: &Self| {
            one.numbers(other)
                .is_some_and(|(own, its)| match (one.op, other.op) {
                    (Op::Is, Op::Is) => own != its,
                    (Op::Is, Op::IsNot) => own == its,
                    (Op::Is, Op::AtLeast) => own < its,
                    (Op::Is, Op::Above) => own <= its,
                    (Op::Is, Op::AtMost) => own > its,
                    (Op::Is, Op::Below) => own >= its,
                    _ => false,
                })
        };
        against(self, other) || against(other, self)
    }

    /// Whether a message of this number meets it; `None` where it is about something else.
    pub(super) fn is_of_message(&self, number: i64) -> Option<bool> {
        if self.field != "msgtype" {
            return None;
        }
        let Value::Number(own) = self.value else {
            // Of another name than those that are asked about.
            return Some(self.op == Op::IsNot);
        };
        Some(match self.op {
            Op::Is => number == own,
            Op::IsNot => number != own,
            Op::AtLeast => number >= own,
            Op::AtMost => number <= own,
            Op::Above => number > own,
            Op::Below => number < own,
            Op::Bits => number & own != 0,
            Op::AllBits => number & own == own,
        })
    }

    fn numbers(&self, other: &Self) -> Option<(i64, i64)> {
        match (&self.value, &other.value) {
            (Value::Number(own), Value::Number(its)) if self.field == other.field => {
                Some((*own, *its))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPS
            .iter()
            .find_map(|(sign, op)| (*op == self.op).then_some(*sign));
        write!(f, "{}{}", self.field, sign.unwrap_or_default())?;
        match &self.value {
            Value::Number(UNSET) if IDS.contains(&self.field.as_str()) => f.write_str("unset"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) | Value::Field(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn condition(text: &str) -> Condition {
        wanted(text).unwrap()
    }

    #[test]
    fn the_same_condition_has_many_texts() {
        for (one, other) in [
            ("auid!=unset", "auid!=-1"),
            ("auid!=4294967295", "loginuid!=unset"),
            ("exit=-EACCES", "exit=-13"),
            ("a0=0x0", "a0=0"),
            ("a2&0100", "a2&64"),
            ("uid=root", "uid=0"),
            ("success=no", "success=0"),
            ("uid!=euid", "euid!=uid"),
        ] {
            assert_eq!(condition(one), condition(other), "{one} {other}");
        }
        assert_ne!(condition("auid!=unset"), condition("auid!=1"));
        assert_ne!(condition("exit=-EACCES"), condition("exit=-EPERM"));
        assert_eq!(compared("euid!=uid"), Some(condition("uid!=euid")));
    }

    #[test]
    fn what_asks_for_less_follows_from_what_asks_for_more() {
        for (less, more) in [
            ("auid>=500", "auid>=1000"),
            ("auid>=1000", "auid=1001"),
            ("auid>999", "auid>=1000"),
            ("auid>=1000", "auid>999"),
            ("auid!=5", "auid>=1000"),
            ("auid!=1000", "auid>1000"),
            ("success=0", "exit=-EACCES"),
            ("a2&0103", "a2&0100"),
        ] {
            let (less, more) = (condition(less), [condition(more)]);
            assert!(less.follows_from(&more), "{less} from {}", more[0]);
        }
        for (one, other) in [
            ("auid>=1000", "auid>=500"),
            ("auid!=unset", "auid>=1000"),
            ("auid>=1000", "uid>=1000"),
            ("success=0", "exit=5"),
            ("success=1", "exit=-EACCES"),
            ("exit=-EACCES", "success=0"),
            ("a2&0100", "a2&0103"),
            ("uid!=euid", "uid!=0"),
        ] {
            let (one, other) = (condition(one), [condition(other)]);
            assert!(!one.follows_from(&other), "{one} from {}", other[0]);
        }
    }

    proptest! {
        /// Held against every number near.
        #[test]
        fn what_follows_holds_and_what_excludes_meets_nothing(
            one in 0_usize..6, other in 0_usize..6, a in 0_i64..8, b in 0_i64..8,
        ) {
            let made = |op: usize, value: i64| of("a0", OPS[[0, 1, 2, 4, 5, 6][op]].1, &value.to_string());
            let (left, right) = (made(one, a), made(other, b));
            let holds = |condition: &Condition, n: i64| {
                let Value::Number(value) = condition.value else { unreachable!() };
                match condition.op {
                    Op::Is => n == value,
                    Op::IsNot => n != value,
                    Op::AtLeast => n >= value,
                    Op::AtMost => n <= value,
                    Op::Above => n > value,
                    Op::Below => n < value,
                    Op::Bits | Op::AllBits => unreachable!(),
                }
            };
            for n in -2..12 {
                if left.follows_from(std::slice::from_ref(&right)) && holds(&right, n) {
                    prop_assert!(holds(&left, n), "{left} from {right} at {n}");
                }
                if left.excludes(&right) {
                    prop_assert!(!(holds(&left, n) && holds(&right, n)), "{left} {right} at {n}");
                }
            }
        }
    }
}

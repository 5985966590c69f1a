//! What decided an expression.

use super::*;

fn why(text: &str) -> Why {
    let expression = Expression::parse(text, &KNOWN).unwrap();
    let context = context();
    let names = |name: &str| match context.get(name) {
        Some(value) => Ok(Value::from(value)),
        None => Err(format!("`{name}` could not be read")),
    };
    expression.why(&names, STEPS)
}

fn values(text: &str) -> Vec<String> {
    let values = why(text).values.into_iter();
    values
        .map(|(text, value)| format!("{text} = {value}"))
        .collect()
}

#[test]
fn of_many_those_are_named_that_are_otherwise() {
    let all = why("user.all(u, u.uid == 0)");
    assert_eq!(
        (all.offenders, all.of),
        (vec!["anna".into(), "sync".into()], 3)
    );
    assert!(all.values.is_empty());
    let none = why("os.id == 'debian' && !user.exists(u, u.uid > 3 && u.uid < 10)");
    assert_eq!(none.offenders, ["sync"]);
    assert!(none.values.is_empty(), "what holds is not told: {none:?}");
    let wrong = why("user.all(u, u.uid == 0 || u.more)");
    let said = "anna: there is no field `more`; there are: key, shell, uid";
    assert_eq!(wrong.offenders[0], said);
    assert!(why("user.all(u, true)").offenders.is_empty());
    assert_eq!(why("[1, 2].all(x, x > 1)").offenders, ["1"]);
}

#[test]
fn what_is_compared_is_told_with_its_value() {
    assert_eq!(
        values("os.id == 'ubuntu' || os.version >=\n '13'"),
        ["os.id = \"debian\"", "os.version = \"12\""]
    );
    assert_eq!(values("'db' in labels"), ["labels = [\"web\", \"eu\"]"]);
    assert_eq!(values("!os.id.startsWith('deb')"), ["os.id = \"debian\""]);
    assert_eq!(values("size(user) > 3"), ["size(user) = 3"]);
    assert_eq!(values("(os.cores + 1) > 9"), ["(os.cores + 1) = 9"]);
    assert_eq!(
        values("user.exists(u, u.uid == 7)"),
        ["user.exists(u, u.uid == 7) = false"]
    );
    assert_eq!(
        values("stale.a == 1"),
        ["stale.a = `stale` could not be read"]
    );
    assert_eq!(values("os.id == 'a' || os.id == 'b'").len(), 1);
    assert_eq!(values("1 > 2"), [""; 0]);
    let long = &values(
        "os.id + 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' == 'a'",
    )[0];
    assert!(long.ends_with('…'), "{long}");
}

#[test]
fn of_those_that_could_not_be_asked_any_more_nothing_is_said() {
    let expression = Expression::parse("user.all(u, u.uid == 0)", &KNOWN).unwrap();
    let context = context();
    let names = |name: &str| Ok(Value::from(&context[name]));
    let why = expression.why(&names, 20);
    assert!(why.offenders.len() < 2, "{why:?}");
    assert!(why.values[0].1.contains("more steps"), "{why:?}");
}

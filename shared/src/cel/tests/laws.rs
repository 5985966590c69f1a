//! What holds of any expression.

use proptest::prelude::*;

use super::*;

/// An expression that is built and not read.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(&'static str),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    If(Box<Tree>, Box<Tree>, Box<Tree>),
}

/// How strongly the operators bind, the weakest first.
const STRENGTH: [&[&str]; 5] = [
    &["||"],
    &["&&"],
    &["==", "!=", "<", "<=", ">", ">=", "in"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Tree {
    fn strength(&self) -> usize {
        match self {
            Self::If(..) => 0,
            Self::Binary(sign, ..) => {
                1 + STRENGTH
                    .iter()
                    .position(|signs| signs.contains(sign))
                    .unwrap()
            }
            Self::Not(_) => 6,
            Self::Leaf(_) => 7,
        }
    }

    /// With brackets around everything.
    fn whole(&self) -> String {
        match self {
            Self::Leaf(text) => (*text).to_owned(),
            Self::Not(of) => format!("(!{})", of.whole()),
            Self::Binary(sign, a, b) => format!("({} {sign} {})", a.whole(), b.whole()),
            Self::If(a, b, c) => format!("({} ? {} : {})", a.whole(), b.whole(), c.whole()),
        }
    }

    /// With no more brackets than are needed.
    fn short(&self) -> String {
        let within = |of: &Self, least: usize| match of.strength() < least {
            true => format!("({})", of.short()),
            false => of.short(),
        };
        match self {
            Self::Leaf(text) => (*text).to_owned(),
            // Of `!` its own grammar wants a value.
            Self::Not(of) if matches!(**of, Self::Not(_)) => format!("!{}", of.short()),
            Self::Not(of) => format!("!{}", within(of, 7)),
            Self::Binary(sign, a, b) => {
                let own = self.strength();
                format!("{} {sign} {}", within(a, own), within(b, own + 1))
            }
            Self::If(a, b, c) => {
                format!("{} ? {} : {}", within(a, 1), within(b, 1), c.short())
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaves = vec![
        "true",
        "false",
        "1",
        "2",
        "0",
        "1.5",
        "'a'",
        "null",
        "os.id",
        "os.cores",
        "os.vers",
        "stale",
        "[1, 2]",
        "labels",
        "9223372036854775807",
    ];
    built_of(leaves, STRENGTH.concat())
}

/// Of numbers alone, so that most come to one.
fn sum() -> impl Strategy<Value = Tree> {
    let signs = vec!["+", "-", "*", "/", "%"];
    let numbers = built_of(vec!["2", "3", "5", "7", "11"], signs);
    let relations = prop::sample::select(STRENGTH[2][..6].to_vec());
    let boxed = numbers.prop_map(Box::new).boxed();
    (relations, boxed.clone(), boxed).prop_map(|(sign, a, b)| Tree::Binary(sign, a, b))
}

fn built_of(leaves: Vec<&'static str>, signs: Vec<&'static str>) -> impl Strategy<Value = Tree> {
    let with_logic = signs.contains(&"&&");
    let leaf = prop::sample::select(leaves).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let binary = (prop::sample::select(signs.clone()), boxed(), boxed());
        let binary = binary.prop_map(|(sign, a, b)| Tree::Binary(sign, a, b));
        if !with_logic {
            return binary.boxed();
        }
        let not = boxed().prop_map(Tree::Not);
        let choice = (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| Tree::If(a, b, c));
        prop_oneof![binary, not, choice].boxed()
    })
}

/// Without where: brackets move it.
fn outcome(text: &str) -> Result<String, String> {
    came(text).map_err(|error| error.split(" (line").next().unwrap_or_default().to_owned())
}

/// True, false, or something wrong.
fn truth(text: &str) -> Option<bool> {
    match came(text).as_deref() {
        Ok("true") => Some(true),
        Ok("false") => Some(false),
        _ => None,
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = came_in(&text, 1000);
    }

    #[test]
    fn any_row_of_words_is_read_or_refused(words in prop::collection::vec(
        prop::sample::select(vec![
            "user", "os", ".", "(", ")", "[", "]", "{", "}", "all", "map", "x", ",", "1", "'a'", "-",
            "!", "&&", "||", "?", ":", "in", "has", "size", "matches", "==", "+", "true", "1.5", "\\",
            "'", "\"", "é", "r'", "//", "\n",
        ]), 0..40,
    )) {
        let text = words.concat();
        let _ = came_in(&text, 1000);
        if let Ok(expression) = Expression::parse(&text, &KNOWN) {
            let names = |_: &str| Ok(Value::Null);
            let _ = expression.why(&names, 1000);
        }
    }

    /// Where no brackets are, the operators bind as they would with them.
    #[test]
    fn brackets_that_are_not_needed_change_nothing(tree in prop_oneof![tree(), sum()]) {
        prop_assert_eq!(outcome(&tree.whole()), outcome(&tree.short()), "{}", tree.short());
    }

    /// Whatever is wrong in them: which side stands first does not matter, `!` turns them round, and
    /// what decides stands whatever an error would have been.
    #[test]
    fn and_and_or_are_what_they_are_in_logic(a in tree(), b in tree(), c in tree()) {
        let [a, b, c] = [a, b, c].map(|tree| tree.whole());
        let is = |text: String| truth(&text);
        prop_assert_eq!(is(format!("{a} && {b}")), is(format!("{b} && {a}")));
        prop_assert_eq!(is(format!("{a} || {b}")), is(format!("{b} || {a}")));
        prop_assert_eq!(is(format!("!({a} && {b})")), is(format!("!{a} || !{b}")));
        prop_assert_eq!(is(format!("({a} && {b}) && {c}")), is(format!("{a} && ({b} && {c})")));
        prop_assert_eq!(is(format!("[1, 2].exists(x, x == 1 ? {a} : {b})")), is(format!("{a} || {b}")));
        prop_assert_eq!(is(format!("[1, 2].all(x, x == 1 ? {a} : {b})")), is(format!("{a} && {b}")));
        prop_assert_eq!(is(format!("{a} || true")), Some(true));
        prop_assert_eq!(is(format!("false && {a}")), Some(false));
    }

    #[test]
    fn however_few_steps_there_are_it_ends_and_never_says_otherwise(tree in tree(), steps in 0_u32..60) {
        let text = tree.whole();
        if let Ok(value) = came_in(&text, steps) {
            prop_assert_eq!(Ok(value), came(&text));
        }
    }
}

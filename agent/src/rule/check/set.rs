//! `set`: what there is against what the site has declared. Each that it has not is an offender; what it
//! has and what is not there is one where the rule says so.

use shared::rule::{
    check::{Declared, Missing, Set},
    expect,
    result::Verdict,
    variable::Values,
};

use super::{Seen, Sources};

/// What there is.
mod observed;

use observed::Observed;

pub(super) fn judge(asked: &Set, values: &Values, sources: &Sources<'_>) -> Seen {
    let what = asked.of.words();
    let names = match expect::bound(std::slice::from_ref(&asked.declared), values) {
        Ok(names) => names,
        Err(why) => return Seen::verdict(Verdict::Error, format!("no undeclared {what}"), why),
    };
    let shown: Vec<_> = names.iter().map(|name| name.0.as_str()).collect();
    let expected = match shown.as_slice() {
        [] => format!("no {what}"),
        names => format!("no {what} but {}", names.join(", ")),
    };
    let declared = match Declared::of(&names, &asked.of) {
        Ok(declared) => declared,
        Err(why) => {
            let variable = asked.declared.variable().unwrap_or_default();
            return Seen::verdict(
                Verdict::Error,
                expected,
                format!("variable `{variable}`: {why}"),
            );
        }
    };
    match observed::read(asked, sources, &expected) {
        Ok(observed) => compare(&declared, observed, asked.missing, expected),
        Err(seen) => seen,
    }
}

fn compare(
    declared: &Declared,
    observed: Observed,
    missing: Option<Missing>,
    expected: String,
) -> Seen {
    let extra = observed
        .names
        .iter()
        .filter(|(name, _)| !declared.has(name));
    let mut offenders: Vec<String> = extra.map(|(_, told)| told.clone()).collect();
    let mut of = observed.names.len();
    if let Some((verdict, why)) = observed.unseen {
        // What was not seen could be there.
        if offenders.is_empty() {
            return Seen::verdict(verdict, expected, why).read(observed.read);
        }
    } else if missing == Some(Missing::Fail) {
        let names: Vec<&str> = observed.names.keys().map(String::as_str).collect();
        let absent = declared.not_among(&names);
        of += absent.len();
        offenders.extend(
            absent
                .into_iter()
                .map(|name| format!("{name} is declared and not there")),
        );
    }
    if of == 0 {
        return Seen::of(true, expected, "there is none").read(observed.read);
    }
    Seen::offenders(offenders, of, expected).read(observed.read)
}

#[cfg(test)]
mod tests;

//! `content import-controls`: a table of controls with tabs as one of ours. Only facts are taken:
//! numbers, levels, flags, names, values.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{Write as _, stdout},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde_json::json;
use shared::rule::{
    framework::{Control, Edition, Framework},
    platform::Family,
};

/// What the first line of a table begins with.
const HEAD: [&str; 4] = ["control", "levels", "status", "automated"];

pub(super) fn run(tsv: &Path, key: &str, source: Option<&str>) -> anyhow::Result<()> {
    let text = yaml(&import(tsv, key)?, source);
    Ok(stdout().write_all(text.as_bytes())?)
}

/// The table of this file.
pub(super) fn import(tsv: &Path, key: &str) -> anyhow::Result<Framework> {
    let text = fs::read_to_string(tsv).with_context(|| format!("reading {}", tsv.display()))?;
    read(&text, key).with_context(|| format!("{}", tsv.display()))
}

/// Whether a table begins as one of controls does.
pub(super) fn is_table(text: &str) -> bool {
    let mut head = text.lines().next().unwrap_or_default().split('\t');
    HEAD.iter().all(|&name| head.next() == Some(name))
}

fn read(text: &str, key: &str) -> anyhow::Result<Framework> {
    if !is_table(text) {
        bail!("line 1: wanted: control, levels, status, automated, subjects, values");
    }
    let mut controls = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let (row, more) = match columns[..] {
            [id, levels, status, automated, subjects, values] => {
                ([id, levels, status, automated, subjects, values], ["", ""])
            }
            [id, levels, status, automated, subjects, values, title, from] => (
                [id, levels, status, automated, subjects, values],
                [title, from],
            ),
            _ => bail!("line {}: neither six columns nor eight", at + 1),
        };
        // Rows without a number are the makers' own, for what their rules need before others.
        if row[0].contains(|c: char| c.is_ascii_digit()) {
            let control = control(row, more);
            controls.push(control.with_context(|| format!("line {}", at + 1))?);
        }
    }
    let framework = Framework {
        key: key.to_owned(),
        platform: edition(key)?,
        controls,
    };
    framework.validate().map_err(anyhow::Error::msg)?;
    Ok(framework)
}

fn control(row: [&str; 6], [title, from]: [&str; 2]) -> anyhow::Result<Control> {
    let [id, levels, status, automated, subjects, values] = row;
    // A variable that stands among the subjects is one still.
    let (values, names): (Vec<_>, Vec<_>) = subjects
        .split_whitespace()
        .chain(values.split_whitespace())
        .partition(|word| word.contains('='));
    let values = values.iter().filter_map(|word| word.split_once('='));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut subjects: Vec<String> = Vec::new();
    for name in names {
        if !subjects.iter().any(|known| known == name) {
            subjects.push(name.to_owned());
        }
    }
    let levels = levels.split('|').filter(|level| !level.is_empty());
    Ok(Control {
        id: id.to_owned(),
        title: (!title.is_empty()).then(|| title.to_owned()),
        levels: levels.map(str::to_owned).collect(),
        // "partially" and all the other words mean that a person must look too.
        automated: matches!([status, automated], ["automated", _] | ["", "True"]),
        subjects,
        from: crosswalk(from)?,
        values: values.map(owned).collect::<BTreeMap<_, _>>(),
    })
}

/// Words of a framework and a control of it: `nist_800_53_r5:AC-7(1)`.
fn crosswalk(words: &str) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut from: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in words.split_whitespace() {
        let Some((key, id)) = word.split_once(':') else {
            bail!("`{word}` is no framework and control of it: `nist_800_53_r5:AC-7`");
        };
        from.entry(key.to_owned()).or_default().push(id.to_owned());
    }
    Ok(from)
}

/// What a key says of the platform: `cis_debian12` is written for Debian 12, `pcidss_4` and `hipaa`
/// for no one.
fn edition(key: &str) -> anyhow::Result<Option<Edition>> {
    let Some((_, of)) = key.split_once('_') else {
        return Ok(None);
    };
    let digits = of.find(|c: char| c.is_ascii_digit()).unwrap_or(of.len());
    let (name, number) = of.split_at(digits);
    let family = match name {
        "" => return Ok(None),
        "debian" => Family::Debian,
        "ubuntu" => Family::Ubuntu,
        "rhel" => Family::Rhel,
        "sle" => Family::Suse,
        "al" => Family::Amazon,
        _ => bail!("`{key}`: no platform `{name}` is known: debian, ubuntu, rhel, sle, al"),
    };
    let version = match (family, number.split_at_checked(2)) {
        (Family::Ubuntu, Some((year, month))) => format!("{year}.{month}"),
        _ => number.to_owned(),
    };
    Ok(Some(Edition { family, version }))
}

/// As a file, a line for each control. Texts stand in quotes: `12` is a number otherwise.
fn yaml(framework: &Framework, source: Option<&str>) -> String {
    let mut text = String::from(
        "# Numbers and names alone, made by `owadm content import-controls`; not edited by hand.\n",
    );
    if let Some(source) = source {
        let _ = writeln!(text, "# {}", source.replace('\n', "\n# "));
    }
    let _ = writeln!(text, "key: {}", framework.key);
    if let Some(Edition { family, version }) = &framework.platform {
        let _ = writeln!(
            text,
            "platform: {{family: {}, version: {}}}",
            family.name(),
            json!(version)
        );
    }
    text.push_str("controls:\n");
    for control in &framework.controls {
        let _ = write!(text, "  - {{id: {}", json!(control.id));
        if let Some(title) = &control.title {
            let _ = write!(text, ", title: {}", json!(title));
        }
        if !control.levels.is_empty() {
            let _ = write!(text, ", levels: [{}]", control.levels.join(", "));
        }
        let _ = write!(text, ", automated: {}", control.automated);
        if !control.subjects.is_empty() {
            let _ = write!(text, ", subjects: [{}]", control.subjects.join(", "));
        }
        if !control.from.is_empty() {
            let from = control.from.iter();
            let from: Vec<_> = from
                .map(|(key, ids)| format!("{key}: {}", flow(ids)))
                .collect();
            let _ = write!(text, ", from: {{{}}}", from.join(", "));
        }
        if !control.values.is_empty() {
            let values = control.values.iter();
            let values: Vec<_> = values
                .map(|(name, value)| format!("{name}: {}", json!(value)))
                .collect();
            let _ = write!(text, ", values: {{{}}}", values.join(", "));
        }
        text.push_str("}\n");
    }
    text
}

/// Numbers in quotes: `3.10` is 3.1 otherwise.
fn flow(ids: &[String]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| json!(id).to_string()).collect();
    format!("[{}]", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "control\tlevels\tstatus\tautomated\tsubject (public rule names)\tvalues\n";

    fn table(rows: &str) -> anyhow::Result<Framework> {
        read(&format!("{HEAD}{rows}"), "cis_ubuntu2404")
    }

    #[test]
    fn variables_among_the_subjects_are_values_and_a_subject_is_named_once() {
        let control = &table("1.1\tl1|l2\tautomated\t\tb var_x=1 a b\tvar_y=a:b=c\n")
            .unwrap()
            .controls[0];
        assert_eq!(control.subjects, ["b", "a"]);
        assert_eq!(control.values["var_x"], "1");
        assert_eq!(control.values["var_y"], "a:b=c");
        assert_eq!(control.levels, ["l1", "l2"]);
    }

    #[test]
    fn titles_and_crosswalks_come_from_two_columns_more() {
        let row = "3.10\t\tmanual\t\t\t\tPlan: \"B\"\tnist:AC-7(1) nist:3.10 csf:GV\n";
        let framework = table(row).unwrap();
        let control = &framework.controls[0];
        assert_eq!(control.title.as_deref(), Some("Plan: \"B\""));
        assert_eq!(control.from["nist"], ["AC-7(1)", "3.10"]);
        let text = yaml(&framework, Some("From NIST.\nAnd by hand."));
        assert!(
            text.contains("\n# From NIST.\n# And by hand.\nkey: "),
            "{text}"
        );
        let read: Framework = shared::yaml::from_str(&text).unwrap();
        assert_eq!(read, framework);
    }

    #[test]
    fn what_a_person_must_look_at_too_is_not_automated() {
        let rows = "1\t\tautomated\t\ta\t\n2\t\t\tTrue\ta\t\n3\t\t\tpartially\ta\t\n\
                    4\t\tpartial\t\ta\t\n5\t\tmanual\t\t\t\n6\t\t\t\ta\t\nneeded\t\tautomated\t\ta\t\n";
        let framework = table(rows).unwrap();
        let automated: Vec<_> = framework.controls.iter().map(|c| c.automated).collect();
        assert_eq!(automated, [true, true, false, false, false, false]);
    }

    #[test]
    fn a_key_says_what_it_is_written_for() {
        let of = |key: &str| edition(key).unwrap().map(|edition| edition.release());
        let release = of("stig_ubuntu2404").unwrap();
        assert_eq!((&*release.id, &*release.version), ("ubuntu", "24.04"));
        let release = of("cis_al2023").unwrap();
        assert_eq!((&*release.id, &*release.version), ("amzn", "2023"));
        assert_eq!(of("cis_sle15").unwrap().id, "sles");
        assert_eq!((of("hipaa"), of("pcidss_4")), (None, None));
        assert!(edition("cis_beos5").is_err());
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_its_line() {
        let told = |rows| format!("{:#}", table(rows).unwrap_err());
        assert!(told("1\t\tautomated\n").contains("line 2: neither six columns nor eight"));
        assert!(told("1\t\t\t\t\t\tT\tAC-7\n").contains("line 2: `AC-7` is no framework"));
        assert!(told("1\t\t\t\t\t\n1\t\t\t\t\t\n").contains("1 is there twice"));
        assert!(read("subject\tseverity\n", "cis_x").is_err());
    }
}

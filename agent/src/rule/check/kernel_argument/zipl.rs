//! What zipl writes into the boot record of an IBM Z: the sections of its file. Those that it makes of
//! `/boot/loader` are not there, and are read like everybody else's.

use super::{
    super::{Seen, Sources},
    boot::{self, Entry},
};

const FILE: &str = "/etc/zipl.conf";

/// A section while its lines are gathered.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Section {
    name: String,
    /// It starts a kernel; others are menus and settings.
    starts: bool,
    parameters: String,
    /// A file with more of them.
    file: Option<String>,
}

pub(super) fn entries(sources: &Sources<'_>) -> Result<Vec<Entry>, Seen> {
    let mut entries = Vec::new();
    for (path, text) in boot::texts(sources, FILE)? {
        for section in sections(&text).into_iter().filter(|one| one.starts) {
            let mut line = String::new();
            for more in section.file.iter() {
                for (_, text) in boot::texts(sources, more)? {
                    line = text.trim().to_owned() + " ";
                }
            }
            entries.push(Entry {
                name: format!("{path} [{}]", section.name),
                file: path.clone(),
                line: line + &section.parameters,
            });
        }
    }
    Ok(entries)
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').or(line.strip_prefix(':')) {
            sections.push(Section {
                name: name.trim_end_matches(']').to_owned(),
                ..Section::default()
            });
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let Some(section) = sections.last_mut() else {
            continue;
        };
        let value = boot::unquoted(value.trim());
        match key.trim() {
            "image" => section.starts = true,
            "parameters" => section.parameters = value,
            "parmfile" => section.file = Some(value),
            _ => {}
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{
        Verdict::{Fail, Pass},
        is,
    };

    const AUDIT: &str = "{kernel_argument: {name: audit, is: 1}}";

    #[test]
    fn every_section_that_starts_a_kernel_is_an_entry() {
        let conf = |text: &'static str| ("/etc/zipl.conf", text);
        let good = "[defaultboot]\ndefaultauto\ntarget = /boot\n[own]\n\
                    parameters = \"root=/dev/dasda1 audit=1\"\nimage = /boot/vmlinuz\n:menu\n1 = own\n";
        is(Pass, AUDIT, &[conf(good)]);
        let outcome = is(Fail, AUDIT, &[conf("[own]\nimage=/boot/vmlinuz\n")]);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["/etc/zipl.conf [own] without audit"]
        );
        let comment = "[own]\nimage = /boot/vmlinuz\n# parameters = audit=1\n";
        is(Fail, AUDIT, &[conf(comment)]);
        let file = ("/boot/parmfile", "root=/dev/dasda1 audit=1\n");
        let named = conf("[own]\nimage = /boot/vmlinuz\nparmfile = /boot/parmfile\n");
        is(Pass, AUDIT, &[named, file]);
    }
}

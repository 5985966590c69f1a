//! Stacks of PAM as pam.conf(5) has them, with what they include in its place.

use std::collections::BTreeSet;

use shared::rule::{check::Facility, result::Verdict};

use super::super::{Seen, Sources};

/// The administrator's first, then where distributions put theirs.
const FOLDERS: [&str; 3] = ["/etc/pam.d", "/usr/etc/pam.d", "/usr/lib/pam.d"];

/// How deep files may include files: twice what PAM allows stacks within stacks.
const MAX_DEPTH: usize = 32;

/// Lines of a stack; some fifty are many.
const MAX_LINES: usize = 4096;

/// One module of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) control: Control,
    /// Without the folder.
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    /// `/etc/pam.d/common-auth:17`.
    pub(super) origin: String,
}

/// What becomes of each result of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Control {
    said: String,
    means: BTreeSet<String>,
}

impl Control {
    pub(super) fn of(said: &str) -> Self {
        let said = said.to_ascii_lowercase();
        // The words of pam.conf(5), as it says what they mean.
        let means = match said.as_str() {
            "required" => "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
            "requisite" => "success=ok new_authtok_reqd=ok ignore=ignore default=die",
            "sufficient" => "success=done new_authtok_reqd=done default=ignore",
            "optional" => "success=ok new_authtok_reqd=ok default=ignore",
            said => said.trim_start_matches('[').trim_end_matches(']'),
        };
        Self {
            means: means.split_whitespace().map(str::to_owned).collect(),
            said,
        }
    }

    pub(super) fn means_the_same(&self, other: &Self) -> bool {
        self.means == other.means
    }

    pub(super) fn said(&self) -> &str {
        &self.said
    }
}

/// One line of a file.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Module(Module),
    Include(String),
}

/// The file of a service, where there is one.
pub(super) fn file(service: &str, sources: &Sources<'_>) -> Result<Option<String>, Seen> {
    for folder in FOLDERS {
        let path = format!("{folder}/{service}");
        match sources.text(&path).as_ref() {
            Ok(_) => return Ok(Some(path)),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(Seen::unreadable(error, "a stack").read([path])),
        }
    }
    Ok(None)
}

/// The modules of a facility in the file at `path`, in their order; the files that were read are
/// added to `read`.
pub(super) fn modules(
    path: &str,
    facility: Facility,
    sources: &Sources<'_>,
    read: &mut Vec<String>,
) -> Result<Vec<Module>, Seen> {
    let mut modules = Vec::new();
    take(path, facility, sources, 0, read, &mut modules)?;
    Ok(modules)
}

fn take(
    path: &str,
    facility: Facility,
    sources: &Sources<'_>,
    depth: usize,
    read: &mut Vec<String>,
    modules: &mut Vec<Module>,
) -> Result<(), Seen> {
    let refuse = |why: String| Err(Seen::verdict(Verdict::Error, "a stack", why).read([path]));
    if depth > MAX_DEPTH || modules.len() > MAX_LINES {
        return refuse(format!("{path}: includes go in a circle, or too deep"));
    }
    let text = sources.text(path);
    let text = match text.as_ref() {
        Ok(text) => text,
        Err(error) => return Err(Seen::unreadable(error, "a stack").read([path])),
    };
    if !read.iter().any(|known| known == path) {
        read.push(path.to_owned());
    }
    for (number, text) in joined(text) {
        match line(&text, facility, || format!("{path}:{number}")) {
            None => {}
            Some(Line::Module(module)) => modules.push(module),
            Some(Line::Include(name)) => {
                let target = if name.starts_with('/') {
                    Some(name.clone())
                } else {
                    file(&name, sources)?
                };
                match target {
                    Some(target) => take(&target, facility, sources, depth + 1, read, modules)?,
                    None => {
                        return refuse(format!(
                            "{path}:{number} includes {name}, which is not there"
                        ));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Lines with those that a backslash continues, without comments, by the number of the first.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let (begun, continues) = match line.trim_end().strip_suffix('\\') {
            Some(begun) => (begun, true),
            None => (line, false),
        };
        let (_, whole) = open.get_or_insert((n + 1, String::new()));
        *whole += begun;
        *whole += " ";
        if !continues {
            lines.extend(open.take());
        }
    }
    lines.extend(open);
    lines
}

/// What a line says of a facility.
fn line(text: &str, facility: Facility, origin: impl Fn() -> String) -> Option<Line> {
    let mut words = words(text).into_iter();
    let first = words.next()?;
    if first == "@include" {
        return words.next().map(Line::Include);
    }
    // With `-` a module that is not installed is passed over in silence.
    let kind = first.strip_prefix('-').unwrap_or(&first);
    if !kind.eq_ignore_ascii_case(facility.name()) {
        return None;
    }
    let control = words.next()?;
    let module = words.next()?;
    if ["include", "substack"].contains(&control.to_ascii_lowercase().as_str()) {
        return Some(Line::Include(module));
    }
    Some(Line::Module(Module {
        control: Control::of(&control),
        name: plain(&module).to_owned(),
        arguments: words.collect(),
        origin: origin(),
    }))
}

/// The name of a module without the folder that it is in.
pub(super) fn plain(module: &str) -> &str {
    module.rsplit('/').next().unwrap_or(module)
}

/// Words, of which what stands in brackets is one; in an argument the brackets are not part of it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (inner, after) = inner.split_once(']').unwrap_or((inner, ""));
                // The second word is the control, whose brackets say what it is.
                let word = if words.len() == 1 {
                    format!("[{inner}]")
                } else {
                    inner.to_owned()
                };
                (word, after)
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn module(text: &str) -> Module {
        match line(text, Facility::Auth, String::new) {
            Some(Line::Module(module)) => module,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_control_means_the_same_in_words_and_in_brackets() {
        let same = |one: &str, other: &str| Control::of(one).means_the_same(&Control::of(other));
        assert!(same(
            "required",
            "[default=bad success=ok  ignore=ignore new_authtok_reqd=ok]"
        ));
        assert!(same("Requisite", "requisite"));
        assert!(!same("required", "requisite"));
        assert!(!same("sufficient", "[success=1 default=ignore]"));
    }

    #[test]
    fn a_line_has_a_facility_a_control_a_module_and_arguments() {
        let found = module(
            "-AUTH [success=1 default=ignore] /lib/security/pam_unix.so nullok [query=a b] x=1",
        );
        assert_eq!(found.name, "pam_unix.so");
        assert_eq!(found.control.said(), "[success=1 default=ignore]");
        assert_eq!(found.arguments, ["nullok", "query=a b", "x=1"]);
        for none in ["", "auth", "auth required", "account required pam_unix.so"] {
            assert_eq!(line(none, Facility::Auth, String::new), None, "{none}");
        }
        let include = |text: &str| line(text, Facility::Auth, String::new);
        assert_eq!(
            include("@include common-auth"),
            Some(Line::Include("common-auth".into()))
        );
        assert_eq!(include("auth substack x"), Some(Line::Include("x".into())));
        assert_eq!(include("account include x"), None);
    }

    #[test]
    fn comments_end_and_backslashes_continue_a_line() {
        let text = "# auth a\nauth required \\\n  pam_a.so # pam_b.so\n\nauth x";
        let lines: Vec<_> = joined(text)
            .into_iter()
            .map(|(n, text)| (n, words(&text).join(" ")))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                (2, "auth required pam_a.so".to_owned()),
                (5, "auth x".to_owned())
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[a-z\\[\\]#@\\\\ \n-é]{0,40}") {
            for (_, text) in joined(&text) {
                line(&text, Facility::Auth, String::new);
            }
        }
    }
}

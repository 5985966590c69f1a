//! What can never be decided, and is refused when it is loaded.

use super::{Check, Form, KernelArgument, Scalar};

/// Deepest nesting of `all`, `any` and `not`.
const MAX_DEPTH: usize = 8;

impl Check {
    /// Refuses what can never be decided.
    ///
    /// # Errors
    /// In words, beginning with the name of the check.
    pub fn validate(&self) -> Result<(), String> {
        self.validate_within(0)
    }

    fn validate_within(&self, depth: usize) -> Result<(), String> {
        let name = self.name();
        let wrong = |why: String| Err(format!("{name}`: {why}"));
        if depth > MAX_DEPTH {
            return wrong(format!("nested more than {MAX_DEPTH} deep"));
        }
        let children = self.children();
        let nested = matches!(self, Self::All(_) | Self::Any(_) | Self::AtLeast(_));
        if nested && children.is_empty() {
            return wrong("asks nothing".into());
        }
        for child in children {
            child
                .validate_within(depth + 1)
                .map_err(|why| format!("{name}.{why}"))?;
        }
        if let Some(Err(why)) = self.expect().map(|expect| expect.validate()) {
            return wrong(why);
        }
        let named = |what: &str, list: &[String]| {
            if list.is_empty() {
                wrong(format!("`{what}` is empty"))
            } else {
                Ok(())
            }
        };
        match self {
            Self::AtLeast(check) if !(1..=check.of.len()).contains(&check.count) => {
                wrong(format!("`count` is not within 1 to {}", check.of.len()))
            }
            Self::File(check) => {
                named("paths", &check.paths).and_then(|()| absolute(name, &check.paths))
            }
            Self::Lines(check) => {
                check.validate().or_else(wrong)?;
                named("files", &check.files).and_then(|()| absolute(name, &check.files))
            }
            Self::Setting(check) => {
                absolute(name, std::slice::from_ref(&check.file))?;
                match (check.form, &check.section) {
                    (Form::Ini, None) => wrong("`ini` wants a `section`".into()),
                    (Form::Equals | Form::Words, Some(_)) => wrong("`section` is for `ini`".into()),
                    _ => Ok(()),
                }
            }
            Self::Package(check) => named("names", &check.names),
            Self::Service(check) | Self::Socket(check) | Self::Timer(check) => {
                if check.enabled.is_none() && check.active.is_none() {
                    return wrong("says neither `enabled` nor `active`".into());
                }
                named("names", &check.names)
            }
            Self::Mount(check) if !check.separate && check.options.is_empty() => {
                wrong("says neither `separate` nor `options`".into())
            }
            Self::AuditRule(check) => {
                let paths = check.paths.iter().filter(|path| path.variable().is_none());
                let paths: Vec<_> = paths.map(|Scalar(path)| path.clone()).collect();
                check
                    .validate()
                    .or_else(wrong)
                    .and_then(|()| absolute(name, &paths))
            }
            Self::Mounts(check) => named("options", &check.options),
            Self::KernelArgument(check) => argument(check).or_else(wrong),
            Self::Accounts(check) => check.validate().or_else(wrong),
            Self::Find(check) => check
                .validate()
                .or_else(wrong)
                .and_then(|()| absolute(name, &check.within)),
            Self::Pam(check) => check.validate().or_else(wrong),
            Self::Sudo(check) => check.validate().or_else(wrong),
            Self::Apparmor(check) => check.validate().or_else(wrong),
            Self::Selinux(check) => check.validate().or_else(wrong),
            Self::Listener(check) => check.validate().or_else(wrong),
            Self::Target(check) => check.validate().or_else(wrong),
            Self::Set(check) => check.validate().or_else(wrong),
            _ => Ok(()),
        }
    }
}

fn argument(check: &KernelArgument) -> Result<(), String> {
    if check.name.is_empty() || check.name.contains(['=', ' ']) {
        return Err(format!("`name`: `{}` is no word before a `=`", check.name));
    }
    if check.must.is_some() && check.expect() != Default::default() {
        return Err("`must` and comparators do not go together".into());
    }
    Ok(())
}

/// Paths begin at the root and do not climb.
fn absolute(name: &str, paths: &[String]) -> Result<(), String> {
    let bad = |path: &&String| !path.starts_with('/') || path.split('/').any(|part| part == "..");
    match paths.iter().find(bad) {
        Some(path) => Err(format!(
            "{name}`: `{path}` is not an absolute path without `..`"
        )),
        None => Ok(()),
    }
}

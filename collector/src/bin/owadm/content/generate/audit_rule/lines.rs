//! Lines of audit rules, as people write them. Pure.

/// One sort of events.
pub(super) struct Sort {
    pub(super) what: What,
    /// As the check has them.
    pub(super) fields: Vec<String>,
    pub(super) arches: Vec<String>,
}

pub(super) enum What {
    Calls(Vec<String>),
    /// A file, a folder with `/` at its end, or a program, and the letters of what is done to it.
    Path(String, &'static str),
}

impl Sort {
    /// As benchmarks write it.
    pub(super) fn usual(&self) -> String {
        match &self.what {
            What::Calls(calls) => {
                let calls = calls.join(",");
                let lines = self.arches.iter().map(|arch| {
                    let fields = self.options();
                    format!("-a always,exit -F arch={arch} -S {calls}{fields} -k own\n")
                });
                lines.collect()
            }
            What::Path(path, perms) if self.fields.is_empty() => {
                format!("-w {path} -p {perms} -k own\n")
            }
            What::Path(_, perms) => {
                let (target, fields) = (self.target(), self.options());
                format!("-a always,exit -F {target} -F perm={perms}{fields} -k own\n")
            }
        }
    }

    /// The same in other words: calls among others, fields and words in another order, another key.
    pub(super) fn otherwise(&self) -> String {
        let mut lines = String::new();
        for arch in &self.arches {
            let fields: String = self
                .fields
                .iter()
                .rev()
                .map(|field| option(field))
                .collect();
            let fields = fields.replace("auid!=unset", "auid!=4294967295");
            lines += &match &self.what {
                What::Calls(calls) => {
                    let calls: String = calls.iter().map(|call| format!(" -S {call}")).collect();
                    format!("-a exit,always -F arch={arch} -S mkdir{calls}{fields} -F key=other\n")
                }
                What::Path(_, perms) => {
                    let perms: String = perms.chars().rev().collect();
                    let target = self.target();
                    format!("-a exit,always -F arch={arch} -F perm=r{perms} -F {target}{fields}\n")
                }
            };
        }
        lines
    }

    /// More than is asked.
    pub(super) fn more(&self) -> String {
        match &self.what {
            What::Calls(_) => {
                let line = |arch| format!("-a always,exit -F arch={arch} -S all -k own\n");
                self.arches.iter().map(line).collect()
            }
            What::Path(path, _) => format!("-w {path}\n"),
        }
    }

    /// Less than is asked: of one user, or of fewer.
    pub(super) fn of_fewer(&self) -> String {
        let fewer = self.usual().replace("auid>=1000", "auid>=2000");
        if fewer != self.usual() {
            return fewer;
        }
        match &self.what {
            What::Path(_, perms) if self.fields.is_empty() => {
                let target = self.target();
                format!("-a always,exit -F {target} -F perm={perms} -F auid=1001 -k own\n")
            }
            _ => self.usual().replace(" -k own", " -F auid=1001 -k own"),
        }
    }

    /// With a name that only begins like the one that is asked.
    pub(super) fn longer(&self) -> String {
        match &self.what {
            What::Calls(calls) => {
                let longer: Vec<_> = calls.iter().map(|call| format!("{call}x")).collect();
                self.usual().replace(&calls.join(","), &longer.join(","))
            }
            What::Path(path, _) => {
                let longer = format!("{}x", path.trim_end_matches('/'));
                self.usual().replace(path.as_str(), &longer)
            }
        }
    }

    /// Without the calls of 32 bits.
    pub(super) fn of_64_bits(&self) -> String {
        let lines = match &self.what {
            What::Calls(_) => self.usual(),
            What::Path(..) => self.otherwise(),
        };
        let has = |line: &&str| !line.contains("arch=b32");
        lines
            .lines()
            .filter(has)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// Of a folder itself, and not what is in it.
    pub(super) fn alone(&self) -> String {
        match &self.what {
            What::Path(path, perms) => match path.strip_suffix('/') {
                Some(folder) => format!("-a always,exit -F path={folder} -F perm={perms} -k own\n"),
                None => self.usual(),
            },
            What::Calls(_) => self.usual(),
        }
    }

    /// What takes the events away where it stands before.
    pub(super) fn never(&self) -> String {
        match &self.what {
            What::Calls(calls) => {
                let calls = calls.join(",");
                let line = |arch| format!("-a never,exit -F arch={arch} -S {calls}\n");
                self.arches.iter().map(line).collect()
            }
            What::Path(..) => format!("-a never,exit -F {}\n", self.target()),
        }
    }

    fn target(&self) -> String {
        match &self.what {
            What::Path(path, _) => match path.strip_suffix('/') {
                Some(folder) => format!("dir={folder}"),
                None => format!("path={path}"),
            },
            What::Calls(_) => String::new(),
        }
    }

    fn options(&self) -> String {
        self.fields.iter().map(|field| option(field)).collect()
    }
}

/// A field as an option; two fields of an event are compared by an option of their own.
fn option(field: &str) -> String {
    let value = field.rsplit('=').next().unwrap_or_default();
    let compared = ["uid", "euid", "gid", "egid"].contains(&value);
    format!(" -{} {field}", if compared { "C" } else { "F" })
}

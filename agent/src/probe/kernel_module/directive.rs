//! The parser of `modprobe.d` (modprobe.d(5)): what it says of whether a module can be loaded.
//! Parameters, aliases and dependencies are not read. Pure.

/// What one line says of a module.
#[derive(Debug, PartialEq, Eq)]
pub enum Directive {
    /// Its aliases do not load it.
    Blacklist(String),
    /// A command is run in place of loading it.
    Install {
        module: String,
        /// The first word: arguments are nobody's business.
        program: String,
        /// Whether it is the only word.
        alone: bool,
    },
}

impl Directive {
    /// The module that the line is about, `_` for each `-`.
    pub fn module(&self) -> &str {
        match self {
            Self::Blacklist(module) | Self::Install { module, .. } => module,
        }
    }

    /// Whether nothing is loaded in its place: the command is `true` or `false`.
    pub fn does_nothing(&self) -> bool {
        let Self::Install { program, alone, .. } = self else {
            return false;
        };
        let known = ["", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"];
        let (folder, name) = program
            .rsplit_once('/')
            .map_or(("", &program[..]), |(f, n)| (&program[..=f.len()], n));
        *alone && known.contains(&folder) && matches!(name, "true" | "false")
    }
}

/// The lines of a file that say whether a module can be loaded. A backslash at its end joins a
/// line with the next.
pub fn directives(text: &str) -> impl Iterator<Item = Directive> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut whole = lines.next()?.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            whole.push_str(lines.next().unwrap_or_default());
        }
        Some(directive(&whole))
    })
    .flatten()
}

fn directive(line: &str) -> Option<Directive> {
    let mut words = line.split_whitespace();
    let verb = words.next()?;
    let module = words.next()?.replace('-', "_");
    match verb {
        "blacklist" => Some(Directive::Blacklist(module)),
        "install" => Some(Directive::Install {
            module,
            program: words.next()?.to_owned(),
            alone: words.next().is_none_or(|word| word.starts_with('#')),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn blacklists_and_commands_are_found_and_nothing_else() {
        let text = "# blacklist a\nblacklist usb-storage\n  install\tcramfs /bin/false # CIS\n\
            install dccp \\\n/usr/bin/true\ninstall x /sbin/modprobe --ignore-install x secret\n\
            options y blacklist=1\nblacklist\ninstall z\nalias a b\nblacklist last\\";
        let said: Vec<_> = directives(text).collect();
        let found: Vec<_> = said
            .iter()
            .map(|d| (d.module(), d.does_nothing()))
            .collect();
        assert_eq!(
            found,
            [
                ("usb_storage", false),
                ("cramfs", true),
                ("dccp", true),
                ("x", false),
                ("last", false)
            ]
        );
        assert!(!format!("{said:?}").contains("secret"));
    }

    #[test]
    fn only_true_and_false_do_nothing() {
        for (command, expected) in [
            ("/bin/true", true),
            ("/usr/bin/false", true),
            ("false", true),
            ("/tmp/true", false),
            ("/bin/true; modprobe x", false),
            ("/bin/true x", false),
        ] {
            let said = directive(&format!("install x {command}")).unwrap();
            assert_eq!(said.does_nothing(), expected, "{command}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("modprobe-conf", |bytes| {
            for said in directives(&String::from_utf8_lossy(bytes)) {
                said.does_nothing();
            }
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text: String) {
            for said in directives(&text) {
                said.does_nothing();
            }
        }

        #[test]
        fn any_line_that_looks_like_one_is_read_without_panic(text in "(install|blacklist) [a/é\\\\\n #]{0,12}") {
            for said in directives(&text) {
                said.does_nothing();
            }
        }
    }
}

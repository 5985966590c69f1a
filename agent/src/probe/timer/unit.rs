//! The parser of systemd's unit files (systemd.syntax(7)), and what the sections of a timer say
//! (systemd.timer(5)). Pure.

/// What a timer's files say, one after the other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What it starts. `None`: the service of its name.
    pub unit: Option<String>,
    /// `OnCalendar=`, each as it is written.
    pub calendar: Vec<String>,
    /// `OnBootSec=15min`, `OnUnitActiveSec=1d`, each as it is written.
    pub monotonic: Vec<String>,
    pub persistent: bool,
    pub randomized_delay: Option<String>,
    pub wake_system: bool,
    pub install: Install,
}

/// What a unit's files say of being enabled.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Install {
    /// Whether anything can enable it: it has an `[Install]` that says by what.
    pub installable: bool,
    /// Its other names once it is enabled.
    pub aliases: Vec<String>,
    /// Whether enabling it enables other units.
    pub also: bool,
}

const MONOTONIC: [&str; 5] = [
    "OnActiveSec",
    "OnBootSec",
    "OnStartupSec",
    "OnUnitActiveSec",
    "OnUnitInactiveSec",
];

const INSTALL: [&str; 4] = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"];

impl Timer {
    /// Takes in one more file: the unit first, its drop-ins after it.
    pub fn take_in(&mut self, text: &str) {
        let mut section = String::new();
        for line in lines(text) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((name, value)) = line.split_once('=') {
                self.set(&section, name.trim_end(), value.trim_start());
            }
        }
    }

    fn set(&mut self, section: &str, name: &str, value: &str) {
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match (section, name) {
            // Nothing, said of any of them, takes all of them back.
            ("Timer", name)
                if value.is_empty() && (name == "OnCalendar" || MONOTONIC.contains(&name)) =>
            {
                self.calendar.clear();
                self.monotonic.clear();
            }
            ("Timer", "OnCalendar") => self.calendar.push(value.to_owned()),
            ("Timer", name) if MONOTONIC.contains(&name) => {
                self.monotonic.push(format!("{name}={value}"));
            }
            ("Timer", "Unit") => self.unit = text(),
            ("Timer", "Persistent") => self.persistent = is_yes(value),
            ("Timer", "WakeSystem") => self.wake_system = is_yes(value),
            ("Timer", "RandomizedDelaySec") => self.randomized_delay = text(),
            ("Install", name) => self.install.set(name, value),
            _ => {}
        }
    }
}

impl Install {
    /// Takes in one more file, as [`Timer::take_in`].
    pub fn take_in(&mut self, text: &str) {
        let mut within = false;
        for line in lines(text) {
            if line.starts_with('[') {
                within = line == "[Install]";
            } else if let Some((name, value)) = line.split_once('=').filter(|_| within) {
                self.set(name.trim_end(), value.trim_start());
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "Also" => self.also |= !value.is_empty(),
            name if INSTALL.contains(&name) => {
                self.installable |= !value.is_empty();
                if name == "Alias" {
                    let names = value.split_whitespace().map(str::to_owned);
                    self.aliases.extend(names);
                }
            }
            _ => {}
        }
    }
}

fn is_yes(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "1" | "yes" | "y" | "true" | "t" | "on"
    )
}

/// Lines that say something, with those joined that end in a backslash. Comments between them
/// are left out.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', ';']));
    std::iter::from_fn(move || {
        let mut whole = lines.next()?.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            whole.push(' ');
            whole.push_str(lines.next().unwrap_or_default());
        }
        Some(whole)
    })
    .map(|line| line.trim().to_owned())
    .filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn a_unit_and_what_is_dropped_into_it() {
        let mut timer = Timer::default();
        timer.take_in(
            "[Unit]\nDescription=x\nOnCalendar=no\n[Timer]\nOnCalendar = *-*-* 6,18:00\n\
             # a comment\nOnBootSec=\\\n; between\n 15min\nRandomizedDelaySec=12h\nPersistent=true\n\
             [Install]\nWantedBy=timers.target\n",
        );
        assert_eq!(timer.calendar, ["*-*-* 6,18:00"]);
        assert_eq!(timer.monotonic, ["OnBootSec=15min"]);
        assert!(timer.persistent && timer.install.installable && !timer.wake_system);
        timer.take_in("[Timer]\nOnCalendar=\nOnCalendar=daily\nPersistent=no\nUnit=y.service\n");
        assert_eq!(timer.calendar, ["daily"]);
        assert!(timer.monotonic.is_empty() && !timer.persistent);
        assert_eq!(timer.unit.as_deref(), Some("y.service"));
        assert_eq!(timer.randomized_delay.as_deref(), Some("12h"));
    }

    #[test]
    fn what_enabling_does_besides_is_no_way_to_enable() {
        let mut install = Install::default();
        install.take_in("Alias=a.timer\n[Install]\nAlso=other.timer\nAlias=\n");
        assert!(install.also && !install.installable);
        install.take_in("[Install]\nAlias=b.timer  c.timer\n");
        assert!(install.installable);
        assert_eq!(install.aliases, ["b.timer", "c.timer"]);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("unit-file", |bytes| {
            Timer::default().take_in(&String::from_utf8_lossy(bytes));
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text: String) {
            Timer::default().take_in(&text);
        }

        #[test]
        fn anything_that_looks_like_one_is_read_without_panic(text in "(\\[Timer\\]|OnCalendar|[=\\\\\n#a é;])*") {
            Timer::default().take_in(&text);
        }
    }
}

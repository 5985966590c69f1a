//! `facts`: what would be sent, printed instead.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::json;
use shared::fact::Fact;

use super::{Exit, complain, host_at, show};
use crate::{
    host::Host,
    metric,
    probe::{self, Probe, Wake},
    status::why,
};

/// What the agent opens for itself, whatever kinds it reads. Its own state and settings are where
/// its settings say.
const OWN: &[&str] = &[
    "/etc/ld.so.cache",
    "/lib/**/lib*.so*",
    "/lib64/lib*.so*",
    "/usr/lib/**/lib*.so*",
    "/usr/lib64/lib*.so*",
    "/etc/openwatch-agent/agent.toml",
    "/var/lib/openwatch-agent/**",
    "/etc/machine-id (its SHA-256)",
    "/proc/sys/kernel/random/boot_id",
    "/proc/self/**",
    "/proc/sys/vm/overcommit_memory (the C library, when memory is short)",
    "/sys/devices/system/cpu (how many there are)",
    "/dev/null (what programs that it runs may read)",
];

#[derive(Debug, Args)]
pub(super) struct Facts {
    /// Only this kind; may be given several times.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// The tree of a host instead of this machine: a container image, a mounted disk.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// What is read and what makes it be read again, instead of what is found.
    #[arg(long)]
    sources: bool,
}

impl Facts {
    /// Prints the facts of `probes`, and says on standard error what could not be read.
    pub(super) fn print(self, probes: &'static [&'static dyn Probe]) -> Exit {
        let known: Vec<_> = probes.iter().map(|probe| probe.kind()).collect();
        if let Some(unknown) = self
            .kind
            .iter()
            .find(|kind| !known.contains(&kind.as_str()))
        {
            complain(&format!(
                "there is no kind `{unknown}`; there are: {}",
                known.join(", ")
            ));
            return Exit::Usage;
        }
        let host = match &self.root {
            Some(root) => host_at(root),
            None => host_at("/"),
        };
        let wanted = |probe: &&&dyn Probe| {
            self.kind.is_empty() || self.kind.iter().any(|kind| kind == probe.kind())
        };
        for probe in probes.iter().filter(wanted) {
            if self.sources {
                show(&self.sources_of(*probe, &host));
                continue;
            }
            match probe::observe(*probe, &host).seen {
                Ok(facts) => show(&self.lines_of(&facts)),
                Err(stale) => complain(&format!("{}: {}", probe.kind(), why(&stale))),
            }
        }
        if self.sources && self.kind.is_empty() {
            show(&self.lines_of_sources("metrics", &metric::SOURCES, &[]));
            show(&self.lines_of_sources("agent", OWN, &[]));
        }
        Exit::Done
    }

    fn sources_of(&self, probe: &dyn Probe, host: &Host) -> String {
        let wakes: Vec<_> = probe.wakes(host).iter().map(Wake::to_string).collect();
        self.lines_of_sources(probe.kind(), probe.sources(), &wakes)
    }

    fn lines_of_sources(&self, kind: &str, sources: &[&str], wakes: &[String]) -> String {
        if self.json {
            return json!({"kind": kind, "sources": sources, "wakes": wakes}).to_string() + "\n";
        }
        let mut text = String::new();
        for source in sources {
            let _ = writeln!(text, "{kind}\t{source}");
        }
        for wake in wakes {
            let _ = writeln!(text, "{kind}\twoken by {wake}");
        }
        text
    }

    fn lines_of(&self, facts: &[Fact]) -> String {
        facts.iter().fold(String::new(), |mut text, fact| {
            let Fact { kind, key, value } = fact;
            let _ = if self.json {
                let key = json!(key);
                writeln!(text, r#"{{"kind":"{kind}","key":{key},"value":{value}}}"#)
            } else {
                writeln!(text, "{kind}\t{key}\t{value}")
            };
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::wire::Stale;

    use shared::clock::SystemClock;

    use super::*;

    struct Os;

    impl Probe for Os {
        fn kind(&self) -> &'static str {
            "os"
        }

        fn sources(&self) -> &'static [&'static str] {
            &["/etc/os-release", "uname(2)"]
        }

        fn wakes(&self, _: &Host) -> Vec<Wake> {
            vec![Wake::path("/etc/os-release")]
        }

        fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
            Ok(Vec::new())
        }
    }

    fn facts(json: bool) -> Facts {
        Facts {
            kind: vec!["os".into()],
            root: None,
            json,
            sources: false,
        }
    }

    #[test]
    fn each_fact_is_one_json_object_whose_key_may_hold_anything() {
        let key = "a \"quoted\" key\n";
        let fact = Fact::new("os", key, &json!({"id": "debian"})).unwrap();
        let text = facts(true).lines_of(&[fact.clone(), fact]);
        assert_eq!(text.lines().count(), 2);
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(
            line,
            json!({"kind": "os", "key": key, "value": {"id": "debian"}})
        );
    }

    #[test]
    fn the_sources_of_a_kind_are_listed_and_what_wakes_it() {
        let host = Host::live(SystemClock::shared());
        assert_eq!(
            facts(false).sources_of(&Os, &host),
            "os\t/etc/os-release\nos\tuname(2)\nos\twoken by inotify /etc/os-release\n"
        );
        let line = facts(true).sources_of(&Os, &host);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["sources"][1], "uname(2)");
        assert_eq!(line["wakes"][0], "inotify /etc/os-release");
    }

    #[test]
    fn a_kind_that_does_not_exist_is_wrong_usage_and_one_that_does_is_not() {
        assert_eq!(facts(true).print(&[&Os]), Exit::Done);
        assert_eq!(facts(true).print(&[]), Exit::Usage);
    }
}

//! Events that must be recorded, and which rule of a list decides what becomes of them. Pure.

use shared::rule::check::AuditArch;

use super::{
    condition::{self, Condition},
    line::{List, Rule, Syscalls, Target},
};

/// One sort of events.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// For people: `chmod of b64`, `w of /etc/passwd`.
    pub(super) name: String,
    pub(super) arch: AuditArch,
    /// `None`: of a file, by any call.
    pub(super) syscall: Option<String>,
    pub(super) path: Option<Place>,
    /// One of `rwxa`.
    pub(super) perm: Option<char>,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    /// With all that is below it.
    pub(super) tree: bool,
}

/// A rule, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sourced {
    pub(super) rule: Rule,
    pub(super) origin: String,
    /// A line before it that is not understood: whether this one comes into force is not known.
    pub(super) after: Option<String>,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate<'r> {
    Recorded {
        by: &'r Sourced,
        /// Rules before it that take some of the events away.
        but: Vec<&'r Sourced>,
    },
    /// By an earlier rule, so that it has another key.
    UnderAnotherKey(&'r Sourced),
    TakenAway(&'r Sourced),
    NotRecorded,
}

/// The fate of an event where these rules are in force, in this order.
pub(super) fn fate<'r>(event: &Event, key: Option<&str>, rules: &'r [Sourced]) -> Fate<'r> {
    let mut but = Vec::new();
    // These are asked beside those about calls, and whatever they say.
    for one in rules {
        match dropped(&one.rule, event) {
            Some(Share::All) => return Fate::TakenAway(one),
            Some(Share::Some) => but.push(one),
            None => {}
        }
    }
    for one in rules.iter().filter(|one| one.rule.list == List::Exit) {
        if covers(&one.rule, event) {
            return match (one.rule.records, key) {
                (false, _) => Fate::TakenAway(one),
                (true, Some(key)) if !one.rule.keys.iter().any(|own| own == key) => {
                    Fate::UnderAnotherKey(one)
                }
                (true, _) => Fate::Recorded { by: one, but },
            };
        }
        if !one.rule.records && touches(&one.rule, event) {
            but.push(one);
        }
    }
    Fate::NotRecorded
}

enum Share {
    All,
    Some,
}

/// What of an event is lost by a rule that keeps processes from being watched at all, or that drops
/// the messages that an event is written in.
fn dropped(rule: &Rule, event: &Event) -> Option<Share> {
    let is_about = |number: i64| {
        let of = |condition: &Condition| condition.is_of_message(number).unwrap_or(true);
        rule.conditions.iter().all(of)
    };
    let drops = match rule.list {
        List::Task => !rule.records,
        List::Exclude => {
            is_about(condition::SYSCALL) || event.path.is_some() && is_about(condition::PATH)
        }
        List::Exit | List::Another => false,
    };
    let of_whom = || {
        let conditions = rule.conditions.iter();
        conditions.filter(|one| one.is_of_message(condition::SYSCALL).is_none())
    };
    if !drops || of_whom().any(|own| event.conditions.iter().any(|other| own.excludes(other))) {
        return None;
    }
    if of_whom().all(|own| own.follows_from(&event.conditions)) {
        return Some(Share::All);
    }
    Some(Share::Some)
}

/// Whether every such event meets the rule.
fn covers(rule: &Rule, event: &Event) -> bool {
    is_of_arch(rule, event.arch)
        && match (&rule.syscalls, &event.syscall) {
            (Syscalls::All, _) => true,
            (Syscalls::These(own), Some(name)) => own.contains(name),
            (Syscalls::These(_), None) => false,
        }
        && match (&rule.target, &event.path) {
            (None, _) => true,
            (Some(target), Some(place)) => holds(target, place),
            (Some(_), None) => false,
        }
        && match (&rule.perms, event.perm) {
            (None, _) => true,
            (Some(own), Some(perm)) => own.contains(&perm),
            (Some(_), None) => false,
        }
        && rule
            .conditions
            .iter()
            .all(|condition| condition.follows_from(&event.conditions))
}

/// Whether some such event may meet the rule.
fn touches(rule: &Rule, event: &Event) -> bool {
    is_of_arch(rule, event.arch)
        && match (&rule.syscalls, &event.syscall) {
            (Syscalls::These(own), Some(name)) => own.contains(name),
            _ => true,
        }
        && match (&rule.target, &event.path) {
            (Some(target), Some(place)) => {
                holds(target, place) || is_below(target.path(), &place.path)
            }
            _ => true,
        }
        && match (&rule.perms, event.perm) {
            (Some(own), Some(perm)) => own.contains(&perm),
            _ => true,
        }
        && !rule
            .conditions
            .iter()
            .any(|own| event.conditions.iter().any(|other| own.excludes(other)))
}

/// Names of calls without an architecture are those of the machine's own, which is of 64 bits.
fn is_of_arch(rule: &Rule, arch: AuditArch) -> bool {
    match (rule.arch, &rule.syscalls) {
        (Some(own), _) => own == arch,
        (None, Syscalls::All) => true,
        (None, Syscalls::These(_)) => arch == AuditArch::B64,
    }
}

fn holds(target: &Target, place: &Place) -> bool {
    match target {
        Target::Path(path) => !place.tree && *path == place.path,
        // Of a watch that is of a file nothing lies below.
        Target::Tree(path) | Target::Watch(path) => {
            *path == place.path || is_below(&place.path, path)
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            condition,
            line::{self, Line},
        },
        *,
    };

    fn rules(texts: &[&str]) -> Vec<Sourced> {
        let rule = |text: &&str| match line::line(text) {
            Some(Ok(Line::Rule { rule, .. })) => Sourced {
                rule,
                origin: (*text).to_owned(),
                after: None,
            },
            other => panic!("{text}: {other:?}"),
        };
        texts.iter().map(rule).collect()
    }

    fn call(name: &str, arch: AuditArch, fields: &[&str]) -> Event {
        Event {
            name: name.into(),
            arch,
            syscall: Some(name.into()),
            path: None,
            perm: None,
            conditions: fields
                .iter()
                .map(|field| condition::wanted(field).unwrap())
                .collect(),
        }
    }

    fn touch(path: &str, perm: char) -> Event {
        Event {
            name: path.into(),
            arch: AuditArch::B64,
            syscall: None,
            path: Some(Place {
                path: line::plain(path),
                tree: path.ends_with('/'),
            }),
            perm: Some(perm),
            conditions: Vec::new(),
        }
    }

    fn is_recorded(event: &Event, texts: &[&str]) -> bool {
        matches!(fate(event, None, &rules(texts)), Fate::Recorded { .. })
    }

    #[test]
    fn a_call_is_recorded_by_what_asks_for_the_same_or_for_less() {
        let chmod = call("chmod", AuditArch::B64, &["auid>=1000", "auid!=unset"]);
        for good in [
            "-a always,exit -F arch=b64 -S chmod -F auid>=1000 -F auid!=4294967295",
            "-a exit,always -F arch=b64 -S chmod -F auid!=-1 -F auid>=1000 -F key=any",
            "-a always,exit -F arch=b64 -S fchmod,chmod -F auid>=500",
            "-a always,exit -F arch=b64 -S chmod",
            "-a always,exit -S all",
            "-a always,exit -F arch=b64",
        ] {
            assert!(is_recorded(&chmod, &[good]), "{good}");
        }
        for bad in [
            "-a always,exit -F arch=b32 -S chmod -F auid>=1000 -F auid!=unset",
            "-a always,exit -F arch=b64 -S fchmodat -F auid>=1000 -F auid!=unset",
            "-a always,exit -F arch=b64 -S chmod -F auid>=2000 -F auid!=unset",
            "-a always,exit -F arch=b64 -S chmod -F auid>=1000 -F uid=0",
            "-a always,exit -F arch=b64 -S chmod -F dir=/etc -F auid>=1000",
            "-a always,exit -F arch=b64 -S chmod -F perm=w",
            "-a always,task",
            "-a always,filesystem -F fstype=tracefs",
        ] {
            assert!(!is_recorded(&chmod, &[bad]), "{bad}");
        }
        let foreign = call("chmod", AuditArch::B32, &[]);
        assert!(
            !is_recorded(&foreign, &["-a always,exit -S chmod"]),
            "names are the machine's own"
        );
    }

    #[test]
    fn a_file_is_watched_by_itself_or_with_its_folder() {
        let passwd = touch("/etc/passwd", 'w');
        for good in [
            "-w /etc/passwd -p wa",
            "-w /etc/passwd",
            "-w /etc -p w",
            "-a always,exit -F path=/etc/passwd -F perm=wa",
            "-a always,exit -F dir=/etc/ -F perm=wa",
            "-a always,exit -F arch=b64 -S all -F path=/etc/passwd -F perm=w",
        ] {
            assert!(is_recorded(&passwd, &[good]), "{good}");
        }
        for bad in [
            "-w /etc/passwd -p a",
            "-w /etc/passwd- -p wa",
            "-w /etc/pass -p wa",
            "-a always,exit -F path=/etc -F perm=wa",
            "-a always,exit -F path=/etc/passwd -F perm=wa -F auid>=1000",
            "-a always,exit -F arch=b32 -S all -F path=/etc/passwd -F perm=w",
            "-a always,exit -F arch=b64 -S openat -F path=/etc/passwd",
        ] {
            assert!(!is_recorded(&passwd, &[bad]), "{bad}");
        }
        let tree = touch("/etc/sudoers.d/", 'w');
        assert!(is_recorded(&tree, &["-w /etc/sudoers.d -p wa"]));
        assert!(
            !is_recorded(
                &tree,
                &["-a always,exit -F path=/etc/sudoers.d/ -F perm=wa"]
            ),
            "that is the folder alone"
        );
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let open = call("openat", AuditArch::B64, &["exit=-EACCES"]);
        let records = "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -k access";
        let other = "-a always,exit -F arch=b64 -S openat -k all";
        let never = "-a never,exit -F arch=b64 -S openat";
        let some = "-a never,exit -F arch=b64 -S openat -F auid=1001";
        let disjoint = "-a never,exit -F arch=b64 -S openat -F exit=-EPERM";
        let one = rules(&[records]).remove(0);
        let fate_of = |texts: &[&str]| format!("{:?}", fate(&open, Some("access"), &rules(texts)));
        let recorded = |but: &[Sourced]| {
            let but = but.iter().collect();
            format!("{:?}", Fate::Recorded { by: &one, but })
        };
        assert_eq!(fate_of(&[records, never, other]), recorded(&[]));
        assert_eq!(fate_of(&[disjoint, records]), recorded(&[]));
        assert_eq!(fate_of(&[some, records]), recorded(&rules(&[some])));
        assert!(fate_of(&[never, records]).starts_with("TakenAway"));
        assert!(fate_of(&[other, records]).starts_with("UnderAnotherKey"));
        assert!(fate_of(&[records, "-a task,never"]).starts_with("TakenAway"));
        assert_eq!(fate_of(&[]), "NotRecorded");
    }

    #[test]
    fn whole_processes_and_messages_that_are_dropped_are_not_recorded() {
        let of_users = ["auid>=1000", "auid!=unset"];
        let chmod = call("chmod", AuditArch::B64, &of_users);
        let passwd = touch("/etc/passwd", 'w');
        let records = "-a always,exit -F arch=b64 -S chmod";
        let watches = "-w /etc/passwd -p wa";
        for bad in [
            "-a task,never",
            "-a never,task -F auid>=500",
            "-a always,exclude -F msgtype=SYSCALL",
            "-a never,exclude -F msgtype=1300",
            "-a exclude,always -F msgtype>=1300 -F msgtype<=1399",
            "-a always,exclude -F msgtype!=USER_LOGIN",
            "-a always,exclude -F auid>=1000",
        ] {
            let fate = format!("{:?}", fate(&chmod, None, &rules(&[records, bad])));
            assert!(fate.starts_with("TakenAway"), "{bad}: {fate}");
        }
        let paths = "-a always,exclude -F msgtype=PATH";
        assert!(is_recorded(&chmod, &[paths, records]));
        assert!(!is_recorded(&passwd, &[paths, watches]));
        for (some, told) in [
            ("-a never,task -F auid=1001", true),
            ("-a never,task -F uid=0", true),
            ("-a always,exclude -F msgtype=SYSCALL -F uid=33", true),
            ("-a never,task -F auid=0", false),
            ("-a never,task -F auid=unset", false),
            ("-a always,task", false),
            ("-a always,exclude -F msgtype=CWD", false),
            (
                "-a always,exclude -F msgtype=USER_LOGIN -F auid>=1000",
                false,
            ),
            ("-a never,user -F auid>=1000", false),
        ] {
            let lines = rules(&[some, records]);
            let Fate::Recorded { but, .. } = fate(&chmod, None, &lines) else {
                panic!("{some}");
            };
            assert_eq!(!but.is_empty(), told, "{some}");
        }
    }
}

use super::*;
use crate::probe::{live, sudo_rule::parse};

const GROUPS: &[u8] = b"root:x:0:\nwheel:x:10:alice,bob\nstaff:x:50:\nadm:x:4:carol\n";

fn policy(text: &str) -> Sudoers {
    let mut policy = Policy::default();
    policy.entries = parse::file(text)
        .into_iter()
        .map(|entry| (0, entry))
        .collect();
    policy.files = vec!["/etc/sudoers".into()];
    Sudoers {
        policies: vec![policy],
        elsewhere: Vec::new(),
    }
}

/// `a`: any command, `s`: some, `-`: none, `?`: not known; `!` without a password.
fn brief(sudoers: &Sudoers) -> String {
    let grants = Grants::new(sudoers, GROUPS, Some("web1.example.org")).unwrap();
    ["root", "alice", "bob", "carol", "dave"]
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let uid = if number == 0 {
                0
            } else {
                999 + u32::try_from(number).unwrap()
            };
            let gid = if *name == "dave" { 50 } else { uid };
            let sudo = grants.of(Person { name, uid, gid });
            let what = match &sudo {
                None => "?",
                Some(sudo) if sudo.all => "a",
                Some(sudo) if sudo.allowed => "s",
                Some(_) => "-",
            };
            let free = sudo.is_some_and(|sudo| sudo.without_password);
            format!("{what}{}", if free { "!" } else { "" })
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn users_are_found_by_name_number_group_and_alias() {
    for (text, expected) in [
        ("", "- - - - -"),
        ("root ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) ALL", "a a a - -"),
        ("#1000 ALL = /bin/a", "- s - - -"),
        ("%#4 ALL = /bin/a\n%staff ALL = ALL", "- - - s a"),
        ("%#50 ALL = NOPASSWD: /bin/a", "- - - - s!"),
        ("User_Alias A = bob, %adm\nA ALL = ALL", "- - a a -"),
        ("ALL, !bob, !%adm ALL = ALL", "a a - - a"),
        ("!ALL, bob ALL = ALL", "- - a - -"),
        ("ALL web1 = ALL", "a a a a a"),
        ("ALL WEB1.example.org, !web1 = ALL", "- - - - -"),
        ("ALL db = ALL", "- - - - -"),
        ("ALL 10.0.0.0/8 = ALL", "a a a a a"),
    ] {
        assert_eq!(brief(&policy(text)), expected, "{text}");
    }
}

#[test]
fn the_last_rule_that_fits_counts() {
    for (text, expected) in [
        ("alice ALL = (ALL) NOPASSWD: ALL", "- a! - - -"),
        (
            "alice ALL = (ALL) NOPASSWD: ALL\n%wheel ALL=(ALL) ALL",
            "- a a - -",
        ),
        (
            "%wheel ALL=(ALL) ALL\nalice ALL = (ALL) NOPASSWD: ALL",
            "- a! a - -",
        ),
        ("alice ALL = (ALL) ALL, NOPASSWD: /bin/a", "- a! - - -"),
        (
            "alice ALL = (ALL) NOPASSWD: ALL\nalice ALL = (www) ALL",
            "- a! - - -",
        ),
        ("%wheel ALL = (ALL) ALL\nbob ALL = (ALL) !ALL", "- a - - -"),
        ("alice ALL = (ALL) ALL, !/bin/sh", "- a - - -"),
        ("alice ALL = !/bin/sh", "- - - - -"),
    ] {
        assert_eq!(brief(&policy(text)), expected, "{text}");
    }
}

#[test]
fn settings_decide_about_passwords_too() {
    for (line, expected) in [
        ("Defaults !authenticate", "- a! a! - s"),
        ("Defaults:alice !authenticate", "- a! a - s"),
        ("Defaults:%staff !authenticate", "- a a - s"),
        (
            "Defaults !authenticate\nDefaults:bob authenticate",
            "- a! a - s",
        ),
        ("Defaults@db !authenticate", "- a a - s"),
        ("Defaults!/bin/a !authenticate", "- a! a! - s"),
        ("Defaults exempt_group = wheel", "- a! a! - s"),
    ] {
        let text = format!("{line}\n%wheel ALL = ALL\ndave ALL = PASSWD: /bin/a\n");
        assert_eq!(brief(&policy(&text)), expected, "{line}");
    }
    let whose = |line: &str| {
        let sudoers = policy(&format!("{line}\nALL ALL=(ALL) ALL"));
        let grants = Grants::new(&sudoers, GROUPS, None).unwrap();
        let alice = Person {
            name: "alice",
            uid: 1000,
            gid: 1000,
        };
        grants.of(alice).unwrap().password_of.unwrap()
    };
    assert_eq!(whose(""), "own");
    assert_eq!(whose("Defaults targetpw"), "target");
    assert_eq!(whose("Defaults rootpw"), "root");
    assert_eq!(whose("Defaults rootpw\nDefaults:alice !rootpw"), "own");
}

#[test]
fn what_is_not_known_is_not_said() {
    assert_eq!(brief(&policy("+ops ALL = ALL\nbob ALL = ALL")), "? ? a ? ?");
    assert_eq!(brief(&policy("ALL, !%:remote ALL = ALL")), "? ? ? ? ?");
    let mut elsewhere = policy("bob ALL = ALL");
    elsewhere.elsewhere.push("sss".into());
    assert_eq!(brief(&elsewhere), "? ? a ? ?");
}

#[test]
fn a_hundred_thousand_users_with_a_rule_each_are_no_trouble() {
    let text: String = (0..100_000).map(|n| format!("u{n} ALL = ALL\n")).collect();
    let sudoers = policy(&text);
    let grants = Grants::new(&sudoers, b"", None).unwrap();
    for n in 0..100_000 {
        let name = format!("u{n}");
        let sudo = grants
            .of(Person {
                name: &name,
                uid: n,
                gid: n,
            })
            .unwrap();
        assert!(sudo.all);
    }
    assert!(
        !grants
            .of(Person {
                name: "x",
                uid: 0,
                gid: 0
            })
            .unwrap()
            .allowed
    );
}

#[test]
fn only_groups_that_rules_name_and_those_of_the_same_number_are_held() {
    let sudoers = policy("%wheel ALL = ALL\n%#4 ALL = ALL\nDefaults exempt_group = staff\n");
    let bytes = b"other:x:10:dave\nmany:x:7:alice,bob\n";
    let grants = Grants::new(&sudoers, &[GROUPS, bytes].concat(), None).unwrap();
    let numbers: Vec<_> = grants.groups.names.keys().copied().collect();
    assert_eq!(numbers, [4, 10, 50]);
    let dave = Person {
        name: "dave",
        uid: 1003,
        gid: 1003,
    };
    assert!(grants.of(dave).unwrap().all);
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("sudoers", |bytes| {
        let sudoers = policy(&String::from_utf8_lossy(bytes));
        if let Some(grants) = Grants::new(&sudoers, GROUPS, Some("web1")) {
            let (name, uid, gid) = ("alice", 1000, 50);
            grants.of(Person { name, uid, gid });
        }
    });
}

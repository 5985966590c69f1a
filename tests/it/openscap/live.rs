//! One host that lives, as it is and with faults.

use std::{fs, process::Command};

use support::{LiveHost, content, openscap_stream, process::binary};

use super::{
    PATIENTLY,
    compare::{Judged, Page, arguments, common, ours, theirs},
};

/// Public names whose check walks every filesystem of the machine, which takes it minutes.
const WALKS: [&str; 9] = [
    "unowned",
    "ungroup",
    "world_writ",
    "unauthorized",
    "interactive",
    "home_",
    "user_dot",
    "_dirs",
    "no_",
];

/// What is broken on the second round, each so that a rule that both know tells it.
const FAULTS: &str = "
chmod 0666 /etc/passwd /etc/group
chmod 0644 /etc/shadow
chown 1 /etc/gshadow
chgrp 1 /etc/passwd-
echo 'second:x:0:0::/root:/bin/sh' >> /etc/passwd
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/; s/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/' /etc/login.defs
mkdir -p /etc/ssh /etc/cron.d
echo 'PermitRootLogin yes' > /etc/ssh/sshd_config
touch /etc/crontab
chmod 0777 /etc/crontab /etc/cron.d
echo 'issue' > /etc/issue
chmod 0666 /etc/issue /etc/motd
";

#[test]
fn verdicts_agree_with_openscap_or_the_page_says_why() {
    let (Some(stream), Some(host)) = (openscap_stream(), LiveHost::start()) else {
        eprintln!("skipped: no OpenSCAP with content for this release here");
        return;
    };
    let mut names = common(&stream);
    names.retain(|name, _| !WALKS.iter().any(|part| name.contains(part)));
    let at = |name: &str| host.folder().join(name).display().to_string();
    fs::copy(&stream, at("stream.xml")).unwrap();
    let content = content().display().to_string();
    let mut copy = Command::new("cp");
    copy.args(["-r", &content, &at("content")]);
    assert!(copy.status().unwrap().success());
    // It ends with 2 when a rule fails, and we with 1.
    let they = format!(
        "{PATIENTLY}\npatiently oscap xccdf eval --profile '(all)'{} {}",
        arguments(&names),
        at("stream.xml")
    );
    let we = format!(
        "{} scan --content {} --format json || [ $? = 1 ]",
        binary("openwatch-agent").display(),
        at("content")
    );
    let mut page = Page::read();
    let mut rounds = [Judged::default(), Judged::default()];
    for (round, judged) in rounds.iter_mut().enumerate() {
        if round == 1 {
            host.run("sh", &["-c", FAULTS]);
        }
        let they = theirs(&host.run("sh", &["-c", &they]));
        let we = ours(&host.run("sh", &["-c", &we]));
        judged.compare("live", &names, &they, &we, &mut page);
    }
    let wrong: Vec<_> = rounds.iter().flat_map(|one| &one.wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let pairs: usize = rounds.iter().map(|one| one.pairs).sum();
    eprintln!(
        "{pairs} verdicts of {} names were compared",
        rounds[0].names.len()
    );
    assert!(pairs >= 60, "only {pairs} were compared");
    let fails = rounds.each_ref().map(|one| one.fails);
    assert!(
        fails[1] > fails[0] + 5,
        "the faults were not seen: {fails:?}"
    );
}

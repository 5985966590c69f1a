//! The privacy charter: what the agent opens and runs is on its printed list, and secrets that lie
//! beside what it reads are nowhere in what it sends or keeps.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use support::{LiveHost, Watched, process::binary, until};

/// Secrets, each with a name of its own, so that a leak names its way.
const PLANT: &str = r#"
useradd -m -p '$6$CANARYSALT$CANARYSHADOWHASH' ann
for home in /root /home/ann; do
    mkdir -p $home/.ssh
    for history in .bash_history .zsh_history .mysql_history .python_history; do
        echo 'mysql -pCANARYHISTORY' > $home/$history
    done
    printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nCANARYPRIVATEKEY\n' > $home/.ssh/id_ed25519
    echo 'command="/bin/x CANARYKEYCOMMAND",environment="T=CANARYKEYENV" ssh-ed25519' \
        'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann' \
        > $home/.ssh/authorized_keys
done
mkdir -p /etc/ssh /etc/ssl/private /etc/nginx /etc/cron.d /etc/docker /var/log \
    /var/spool/cron/crontabs /var/lib/docker/containers/0123456789ab /etc/systemd/system
for key in /etc/ssh/ssh_host_ed25519_key /etc/ssl/private/site.key /etc/nginx/site.key; do
    printf -- '-----BEGIN PRIVATE KEY-----\nCANARYPRIVATEKEY\n-----END PRIVATE KEY-----\n' > $key
done
printf -- '-----BEGIN PRIVATE KEY-----\nCANARYPRIVATEKEY\n-----END PRIVATE KEY-----\n' \
    > /etc/nginx/site.pem
echo 'auth failure CANARYLOG' | tee /var/log/syslog > /var/log/auth.log
echo '* * * * * root /usr/bin/backup --password CANARYCRON' > /etc/cron.d/backup
echo '* * * * * /usr/bin/backup --password CANARYCRON' > /var/spool/cron/crontabs/root
printf '[Timer]\nOnCalendar=daily\n' > /etc/systemd/system/trial.timer
printf '[Service]\nEnvironment=T=CANARYUNITENV\nExecStart=/bin/true CANARYUNITCOMMAND\n' \
    > /etc/systemd/system/trial.service
echo '{"ID":"0123456789ab","Name":"/web","Config":{"Image":"web","Env":["T=CANARYDOCKERENV"],
    "Cmd":["CANARYDOCKERCOMMAND"]},"State":{"Running":false}}' | tr -d '\n' \
    > /var/lib/docker/containers/0123456789ab/config.v2.json
"#;

/// A program with secrets in its arguments and its environment, of which the agent names the port.
const SERVER: &str = "use IO::Socket::INET; \
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1:8089') or die $!; sleep;";

const CANARY: &str = "CANARY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_cycle_opens_what_is_listed_and_sends_no_secret() {
    let Some(host) = LiveHost::boot() else {
        return;
    };
    host.run("sh", &["-ec", PLANT]);
    let secret = ["T=CANARYENV", "perl", "-e", SERVER, "CANARYARGUMENT"];
    let _server = host.spawn("env", &secret, "perl.log");
    let trace = host.folder().join("trace");
    let traced = [
        "strace",
        "-f",
        "-qq",
        "-s",
        "4096",
        "-e",
        "trace=open,openat,openat2,execve,execveat",
        "-e",
        "signal=none",
        "-o",
        trace.to_str().unwrap(),
    ];
    let watched = Watched::traced(host, &traced).await;
    let sources = watched
        .host
        .run(binary("openwatch-agent"), &["facts", "--sources"]);
    let kinds: BTreeSet<_> = sources
        .lines()
        .filter_map(|line| line.split('\t').next())
        .filter(|kind| !["agent", "metrics"].contains(kind))
        .collect();
    let status = watched.host.folder().join("agent/status.json");
    until("everything was read once and sent", async || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        let journal = &status["journal"];
        let read = journal["kinds"].as_array().map_or(0, Vec::len);
        let sent = journal["pending_records"] == 0;
        // Beside them it is said that there are no rules.
        (read == kinds.len() + 1 && sent)
            .then_some(())
            .ok_or(status)
    })
    .await;

    let listed: Vec<String> = sources
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .filter(|source| !source.starts_with("woken by"))
        .flat_map(paths)
        .collect();
    let trace = fs::read_to_string(&trace).unwrap();
    let agent = binary("openwatch-agent").display().to_string();
    let opened = opened(&trace, &agent);
    assert!(opened.len() > 50, "the trace has {opened:?}");
    let own =
        [watched.host.folder(), &binary("openwatch-agent")].map(|path| path.display().to_string());
    let unlisted: Vec<_> = opened
        .iter()
        .filter(|path| !own.iter().any(|own| path.starts_with(own)))
        .filter(|path| !listed.iter().any(|source| is_listed(source, path)))
        .collect();
    assert!(unlisted.is_empty(), "not on the list: {unlisted:#?}");

    let kept = fs::read(watched.host.folder().join("agent/journal.redb")).unwrap();
    let kept = String::from_utf8_lossy(&kept);
    assert!(kept.contains("/home/ann"), "the journal can be searched");
    assert_eq!(canaries(&kept), BTreeSet::new(), "in the journal");
    let stored = watched.dump();
    assert!(
        stored.contains("authorized_keys"),
        "the dump can be searched"
    );
    assert_eq!(canaries(&stored), BTreeSet::new(), "in the database");
}

/// The secrets in a text.
fn canaries(text: &str) -> BTreeSet<String> {
    let word = |(at, _): (usize, &str)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_ascii_uppercase());
        rest[..end.unwrap_or(rest.len())].to_owned()
    };
    text.match_indices(CANARY).map(word).collect()
}

/// The paths of one source: `/etc/{a,b}/*.conf, ~/.c (why)` has three.
fn paths(source: &str) -> Vec<String> {
    let words = source
        .split([' ', '('])
        .filter(|word| word.starts_with(['/', '~']));
    let words = words.map(|word| word.trim_end_matches([',', ')']).to_owned());
    words.flat_map(expanded).collect()
}

/// Every reading of the braces. A home may be anywhere, and what stands in angle brackets is a part
/// of a name.
fn expanded(path: String) -> Vec<String> {
    if let Some((before, rest)) = path.split_once('{') {
        let (choices, after) = rest.split_once('}').expect("braces in pairs");
        let choices = choices.split(',');
        return choices
            .flat_map(|choice| expanded(format!("{before}{choice}{after}")))
            .collect();
    }
    match path.strip_prefix('~') {
        Some(rest) => vec![format!("/**{rest}")],
        None => vec![path],
    }
}

/// Everything that the agent opened or ran, and that was there. What a program opens that it ran is
/// that program's.
fn opened(trace: &str, agent: &str) -> BTreeSet<String> {
    let (mut opened, mut others) = (BTreeSet::new(), BTreeSet::new());
    for line in trace.lines() {
        let Some((pid, call)) = line.split_once(' ') else {
            continue;
        };
        let done = call.rsplit_once(" = ");
        if done.is_none_or(|(_, result)| result.starts_with('-')) {
            continue;
        }
        let Some(path) = call.split('"').nth(1).filter(|path| path.starts_with('/')) else {
            continue;
        };
        if others.contains(pid) {
            continue;
        }
        if call.trim_start().starts_with("exec") && path != agent {
            others.insert(pid);
        }
        opened.insert(path.to_owned());
    }
    opened
}

/// Whether a source of the list means this path, or a folder on the way that its stars are looked
/// for in.
fn is_listed(source: &str, path: &str) -> bool {
    let on_the_way =
        |(at, _): (usize, &str)| source[at..].contains('*') && matches(&source[..at], path);
    matches(source, path) || source.match_indices('/').skip(1).any(on_the_way)
}

/// Whether a source (`/proc/*/fd`, `/etc/ssh/**`) means this path: `*` is a part of a
/// name, `**` anything.
fn matches(source: &str, path: &str) -> bool {
    let Some((before, after)) = source.split_once('*') else {
        return Path::new(source) == Path::new(path);
    };
    let Some(rest) = path.strip_prefix(before) else {
        return false;
    };
    if let Some(after) = after.strip_prefix('*') {
        return rest.char_indices().any(|(n, _)| matches(after, &rest[n..])) || after.is_empty();
    }
    let name = rest.find('/').unwrap_or(rest.len());
    (0..=name)
        .filter(|n| rest.is_char_boundary(*n))
        .any(|n| matches(after, &rest[n..]) || (after.is_empty() && n == rest.len()))
}

#[test]
fn a_source_means_what_its_stars_say() {
    assert!(matches("/proc/*/fd", "/proc/12/fd"));
    assert!(!matches("/proc/*/fd", "/proc/12/task/12/fd"));
    assert!(matches("/etc/ssh/**", "/etc/ssh/sshd_config.d/x.conf"));
    assert!(matches("/etc/*.pem", "/etc/a.pem"));
    assert!(!matches("/etc/*.pem", "/etc/a/b.pem"));
    assert!(!matches("/etc/passwd", "/etc/passwd-"));
    assert!(matches("/etc/cron.d/*", "/etc/cron.d/backup"));
    assert_eq!(
        paths("/etc/{a,b}/*.conf, ~/.c (or /x)"),
        ["/etc/a/*.conf", "/etc/b/*.conf", "/**/.c", "/x"]
    );
    assert!(matches("/**/.c", "/home/ann/.c") && matches("/**/.c", "/root/.c"));
}

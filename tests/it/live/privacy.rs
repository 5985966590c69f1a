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
        .filter(|kind| *kind != "agent")
        .collect();
    let status = watched.host.folder().join("agent/status.json");
    until("everything was read once and sent", async || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        let journal = &status["journal"];
        let read = journal["kinds"].as_array().map_or(0, Vec::len);
        let sent = journal["pending_records"] == 0;
        (read == kinds.len() && sent).then_some(()).ok_or(status)
    })
    .await;

    let listed: Vec<&str> = sources
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .filter(|source| !source.starts_with("woken by"))
        .filter_map(|source| source.split_whitespace().find(|word| word.starts_with('/')))
        .collect();
    let trace = fs::read_to_string(&trace).unwrap();
    let opened = opened(&trace);
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
    assert!(stored.contains("/home/ann"), "the dump can be searched");
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

/// Everything that was opened or run, and was there.
fn opened(trace: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let (call, result) = line.rsplit_once(" = ")?;
        if result.starts_with('-') {
            return None;
        }
        let (_, rest) = call.split_once('"')?;
        let (path, _) = rest.split_once('"')?;
        path.starts_with('/').then(|| path.to_owned())
    };
    trace.lines().filter_map(path).collect()
}

/// Whether a source of the list means this path, or the folder that its last part is looked for in.
fn is_listed(source: &str, path: &str) -> bool {
    let folder = source.rsplit_once('/').map(|(folder, _)| folder);
    matches(source, path)
        || folder.is_some_and(|folder| source.contains('*') && matches(folder, path))
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
}

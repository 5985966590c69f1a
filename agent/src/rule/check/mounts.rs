//! `mounts`: all mount points of a sort, in the table of mounts and in fstab(5).

use shared::rule::check::{Missing, Mounts, MountsOf};

use super::{
    Seen, Sources,
    mount::{FSTAB, has},
};

/// Filesystems of the network.
const REMOTE: [&str; 17] = [
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "sshfs",
];

/// One mount point.
struct Mounted {
    source: String,
    point: String,
    fstype: String,
    options: Vec<String>,
    /// Where that stands.
    by: &'static str,
}

pub(super) fn judge(asked: &Mounts, sources: &Sources<'_>) -> Seen {
    let what = match asked.of {
        MountsOf::Remote => "what is mounted from the network",
        MountsOf::DevicesButRoot => "what is mounted of devices, but for /",
    };
    let expected = format!("{what} with {}", asked.options.join(", "));
    let text = sources.text(FSTAB);
    let mut mounted = match text.as_ref() {
        Ok(text) => configured(text),
        Err(error) if error.is_absent() => Vec::new(),
        Err(error) => return Seen::unreadable(error, expected).read([FSTAB]),
    };
    if sources.host().is_live() {
        match sources.rows("mount").as_ref() {
            Ok(rows) => mounted.extend(rows.iter().map(live)),
            Err(stale) => return Seen::stale(stale, expected).read(["mount"]),
        }
    }
    mounted.retain(|one| is_asked(asked.of, one));
    let read = ["mount", FSTAB];
    if mounted.is_empty() {
        let means = asked.missing.unwrap_or(Missing::NotApplicable);
        return Seen::missing(means, expected, "there is none").read(read);
    }
    let mut offenders = Vec::new();
    for one in &mounted {
        let lacks = asked
            .options
            .iter()
            .filter(|option| !has(&one.options, option));
        let lacks: Vec<_> = lacks.map(String::as_str).collect();
        if !lacks.is_empty() {
            offenders.push(format!(
                "{}, by {}, without {}",
                one.point,
                one.by,
                lacks.join(", ")
            ));
        }
    }
    Seen::offenders(offenders, mounted.len(), expected).read(read)
}

fn is_asked(of: MountsOf, one: &Mounted) -> bool {
    match of {
        MountsOf::Remote => REMOTE.contains(&one.fstype.as_str()),
        MountsOf::DevicesButRoot => {
            let names = ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID="];
            let is_device = one.source.starts_with("/dev/")
                || names.iter().any(|name| one.source.starts_with(name));
            is_device && one.point.starts_with('/') && one.point != "/"
        }
    }
}

/// Every line of fstab, those that are not mounted at boot as well.
fn configured(text: &str) -> Vec<Mounted> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let of = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [source, point, fstype, rest @ ..] = fields.as_slice() else {
            return None;
        };
        let options = rest.first().copied().unwrap_or("defaults");
        Some(Mounted {
            source: source.trim_matches('"').to_owned(),
            point: match point.trim_end_matches('/') {
                "" => "/".to_owned(),
                point => point.to_owned(),
            },
            fstype: (*fstype).to_owned(),
            options: options.split(',').map(str::to_owned).collect(),
            by: FSTAB,
        })
    };
    lines.filter_map(of).collect()
}

fn live(row: &super::super::source::Row) -> Mounted {
    let text = |name: &str| row.value[name].as_str().unwrap_or_default().to_owned();
    let options = row.value["options"].as_array().into_iter().flatten();
    let options = options.filter_map(|option| option.as_str().map(str::to_owned));
    Mounted {
        source: text("source"),
        point: text("target"),
        fstype: text("fstype"),
        options: options.collect(),
        by: "the table of mounts",
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Verdict::*, is},
        *,
    };

    #[test]
    fn every_mount_of_the_network_must_have_the_option() {
        let check = "{mounts: {of: remote, options: [nodev, nosuid]}}";
        let file = |text: &'static str| (FSTAB, text);
        is(
            Pass,
            check,
            &[file(
                "s:/a /a nfs4 rw,nosuid,nodev 0 0\n/dev/a /b ext4 rw\n",
            )],
        );
        let outcome = is(
            Fail,
            check,
            &[file("s:/a /a nfs rw,nodev,nosuid\n//s/b /b cifs nodev\n")],
        );
        assert_eq!(
            outcome.evidence[0].offenders,
            ["/b, by /etc/fstab, without nosuid"]
        );
        is(Fail, check, &[file("s:/a /a nfs\n")]);
        is(Fail, check, &[file("s:/a /a nfs nodevx,nosuid\n")]);
        is(NotApplicable, check, &[file("#s:/a /a nfs rw\n")]);
        is(NotApplicable, check, &[("/etc/passwd", "")]);
        is(Error, check, &[("/etc/fstab/folder", "")]);
    }

    #[test]
    fn devices_are_asked_about_by_any_of_their_names_and_the_root_is_not() {
        let check = "{mounts: {of: devices_but_root, options: [nodev]}}";
        let file = |text: &'static str| (FSTAB, text);
        is(
            Pass,
            check,
            &[file(
                "UUID=1 / ext4 rw\nUUID=2 /a ext4 nodev\nUUID=3 none swap sw\ntmpfs /tmp tmpfs rw\n",
            )],
        );
        for bad in [
            "/dev/sda2 /a ext4 rw\n",
            "UUID=2 /a ext4 defaults\n",
            "LABEL=b /a/ xfs\n",
            "/dev/mapper/x /a xfs nodevs\n",
        ] {
            is(Fail, check, &[(FSTAB, bad)]);
        }
    }
}

//! `mount`: a mount point, in the table of mounts and in fstab(5). An option must be in both: one that
//! fstab has and the mount lacks is not in force, one that was set by hand is gone with the next boot.

use shared::rule::check::{Missing, Mount};

use super::{Seen, Sources};

pub(super) const FSTAB: &str = "/etc/fstab";

pub(super) fn judge(asked: &Mount, sources: &Sources<'_>) -> Seen {
    let point = &asked.point;
    let mut wants = Vec::new();
    if asked.separate {
        wants.push("a filesystem of its own".to_owned());
    }
    wants.extend(asked.options.iter().cloned());
    let expected = format!("{point} with {}", wants.join(", "));
    let text = sources.text(FSTAB);
    let configured = match text.as_ref() {
        Ok(text) => fstab(text, point),
        Err(error) if error.is_absent() => None,
        Err(error) => return Seen::unreadable(error, expected).read([FSTAB]),
    };
    let live = match live(asked, sources) {
        Ok(live) => live,
        Err(seen) => return seen,
    };
    let read = ["mount", FSTAB];
    let there = match &live {
        Live::Unknown => configured.is_some(),
        Live::Mounted(_) => true,
        Live::NotMounted => false,
    };
    if !there {
        let means = match asked.missing {
            Some(means) => means,
            None if asked.separate => Missing::Fail,
            None => Missing::NotApplicable,
        };
        let actual = format!("{point} is no filesystem of its own");
        return Seen::missing(means, expected, actual).read(read);
    }
    let lacks = |have: &[String]| -> Vec<&String> {
        asked
            .options
            .iter()
            .filter(|option| !has(have, option))
            .collect()
    };
    let mut offenders = Vec::new();
    if let Live::Mounted(options) = &live {
        offenders.extend(
            lacks(options)
                .iter()
                .map(|option| format!("mounted without {option}")),
        );
    }
    // What systemd mounts by a unit is not in fstab; then the mount itself is all there is.
    if let Some(options) = &configured {
        offenders.extend(
            lacks(options)
                .iter()
                .map(|option| format!("{FSTAB} without {option}")),
        );
    }
    let told = |options: &[String]| options.join(",");
    let mut actual = Vec::new();
    if let Live::Mounted(options) = &live {
        actual.push(format!("mounted with {}", told(options)));
    }
    if let Some(options) = &configured {
        actual.push(format!("{FSTAB} has {}", told(options)));
    }
    let mut seen = Seen::of(offenders.is_empty(), expected, actual.join("; ")).read(read);
    seen.offenders = offenders;
    seen
}

enum Live {
    /// A tree has no table of mounts.
    Unknown,
    NotMounted,
    Mounted(Vec<String>),
}

fn live(asked: &Mount, sources: &Sources<'_>) -> Result<Live, Seen> {
    if !sources.host().is_live() {
        return Ok(Live::Unknown);
    }
    let rows = sources.rows("mount");
    match rows.as_ref() {
        Err(stale) => Err(Seen::stale(stale, asked.point.clone()).read(["mount"])),
        Ok(rows) => {
            Ok(rows
                .iter()
                .find(|row| row.key == asked.point)
                .map_or(Live::NotMounted, |row| {
                    let options = row.value["options"].as_array().into_iter().flatten();
                    Live::Mounted(
                        options
                            .filter_map(|o| o.as_str().map(str::to_owned))
                            .collect(),
                    )
                }))
        }
    }
}

/// The options of a mount point's last line; one that is not mounted at boot counts as well.
fn fstab(text: &str, point: &str) -> Option<Vec<String>> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let of = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let target = fields.get(1)?.replace("\\040", " ");
        let target = match target.trim_end_matches('/') {
            "" => "/",
            target => target,
        };
        let options = fields.get(3).copied().unwrap_or("defaults");
        (target == point).then(|| options.split(',').map(str::to_owned).collect())
    };
    lines.filter_map(of).next_back()
}

/// Whether the options have this one; `mode` is met by `mode=1777`, `mode=1777` only by itself.
pub(super) fn has(options: &[String], wanted: &str) -> bool {
    options.iter().any(|option| {
        option == wanted
            || option
                .split_once('=')
                .is_some_and(|(name, _)| name == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_point_counts_and_a_comment_does_not() {
        let text = "# /dev/sda1 /tmp ext4 noexec\n/dev/sda2 /tmp/ ext4 nodev,nosuid 0 2\n\
                    tmpfs /tmp tmpfs nodev,size=1G\n/dev/sda3 /tmpfoo ext4 noexec\n";
        assert_eq!(fstab(text, "/tmp").unwrap(), ["nodev", "size=1G"]);
        assert_eq!(fstab(text, "/var"), None);
    }

    #[test]
    fn an_option_is_itself_and_not_a_longer_one() {
        let options = ["nodevx".to_owned(), "size=1G".to_owned()];
        assert!(!has(&options, "nodev"));
        assert!(has(&options, "size") && has(&options, "size=1G") && !has(&options, "size=2G"));
    }
}

//! The parser of mountinfo (proc_pid_mountinfo(5)). Pure.

/// Options whose values can be secrets. The kernel hides those of its own filesystems; a FUSE
/// filesystem shows what it was given.
const SECRET: [&str; 6] = ["password", "passwd", "pass", "secret", "key", "token"];

/// One line that is a mount.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    pub id: u64,
    /// The mount that this one is mounted upon.
    pub parent: u64,
    pub root: String,
    pub target: String,
    pub fstype: String,
    pub source: String,
    /// Of the mount: `rw,nosuid`.
    mount_options: String,
    /// Of the filesystem, which all its mounts share: `rw,discard`.
    super_options: String,
}

impl Mount {
    /// Options of both sorts, sorted, each once.
    pub fn options(&self) -> Vec<String> {
        let both = || split(&self.mount_options).chain(split(&self.super_options));
        let writable = !both().any(|option| option == "ro");
        let mut options: Vec<_> = both()
            .filter(|option| !matches!(*option, "ro" | "rw" | ""))
            .map(without_secret)
            .collect();
        options.push(if writable { "rw" } else { "ro" }.into());
        options.sort();
        options.dedup();
        options
    }
}

/// Commas between quotes belong to the value, as in contexts of SELinux.
fn split(options: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    options.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

fn without_secret(option: &str) -> String {
    match option.split_once('=') {
        Some((name, _)) if SECRET.contains(&name) => format!("{name}=***"),
        _ => option.to_owned(),
    }
}

/// Reads one line: `36 35 98:0 /root /target rw,noatime master:1 - ext3 /dev/sda rw`. `None` when
/// it is no mount.
pub fn line(line: &str) -> Option<Mount> {
    let (own, shared) = line.split_once(" - ")?;
    let mut own = own.split(' ');
    let mut shared = shared.split(' ');
    Some(Mount {
        id: own.next()?.parse().ok()?,
        parent: own.next()?.parse().ok()?,
        root: own.nth(1).map(unescape)?,
        target: own.next().map(unescape)?,
        mount_options: own.next().map(unescape)?,
        fstype: shared.next().map(unescape)?,
        source: shared.next().map(unescape)?,
        super_options: shared.next().map(unescape).unwrap_or_default(),
    })
}

/// Undoes the kernel's `\040` for white space and backslashes.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.first_chunk::<3>().and_then(octal);
        match escape.filter(|_| *first == b'\\') {
            Some(byte) => {
                plain.push(byte);
                rest = &after[3..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn octal(digits: &[u8; 3]) -> Option<u8> {
    digits.iter().try_fold(0_u8, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(digit - b'0'),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    const LINE: &str = r"36 35 98:0 /a\040b /mnt/x\134y rw,noatime master:1 shared:2 - fuse.x //h/s\011 ro,a=1,context=\042u:r,c1\042,password=hunter2";

    #[test]
    fn escapes_optional_fields_and_secrets() {
        let mount = line(LINE).unwrap();
        assert_eq!((mount.id, mount.parent), (36, 35));
        assert_eq!(mount.root, "/a b");
        assert_eq!(mount.target, r"/mnt/x\y");
        assert_eq!(mount.source, "//h/s\t");
        assert_eq!(
            mount.options(),
            ["a=1", "context=\"u:r,c1\"", "noatime", "password=***", "ro"]
        );
    }

    #[test]
    fn a_source_may_be_empty_and_broken_lines_are_none() {
        let mount = line("1 0 0:1 / / rw - tmpfs  rw").unwrap();
        assert_eq!(mount.source, "");
        for text in [
            "",
            "1",
            "1 0 0:1 / / rw tmpfs x rw",
            "x 0 0:1 / / rw - a b c",
            "1 0 - a b",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("mountinfo", |bytes| {
            for text in String::from_utf8_lossy(bytes).lines() {
                line(text).map(|mount| mount.options());
            }
        });
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(text: String) {
            line(&text);
        }

        #[test]
        fn any_escape_is_undone_without_panic(text in "[\\\\0-9é ]{0,12}") {
            unescape(&text);
            line(&format!("1 2 0:1 {text} / {text} - a {text} {text}")).map(|m| m.options());
        }

        #[test]
        fn what_the_kernel_escapes_comes_back(path in "/[ a\t\\\\\n]{0,10}") {
            let escaped: String = path
                .bytes()
                .map(|b| match b {
                    b' ' | b'\t' | b'\n' | b'\\' => format!("\\{b:03o}"),
                    _ => char::from(b).to_string(),
                })
                .collect();
            prop_assert_eq!(unescape(&escaped), path);
        }
    }
}

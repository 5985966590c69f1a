//! What the next boot will use: entries of the Boot Loader Specification with GRUB's variables in
//! them, GRUB's own menus, and the file that these are written from.

use std::path::PathBuf;

use super::{
    super::{Seen, Sources},
    zipl,
};

/// What GRUB's menus are written from.
pub(super) const DEFAULTS: &str = "/etc/default/grub";

/// Read after it, where there are any.
const MORE_DEFAULTS: &str = "/etc/default/grub.d/*.cfg";

/// What kernel-install gives to the kernels that it adds, where it is there.
const TO_COME: &str = "/etc/kernel/cmdline";

const ENTRIES: [&str; 3] = [
    "/boot/loader/entries/*.conf",
    "/boot/efi/loader/entries/*.conf",
    "/efi/loader/entries/*.conf",
];

/// Of GRUB: its menu, and the variables that it keeps from boot to boot.
const MENUS: [(&str, &str); 3] = [
    ("/boot/grub2/grub.cfg", "/boot/grub2/grubenv"),
    ("/boot/grub/grub.cfg", "/boot/grub/grubenv"),
    ("/boot/efi/EFI/*/grub.cfg", "/boot/efi/EFI/*/grubenv"),
];

/// One thing that can be booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// For people.
    pub(super) name: String,
    pub(super) file: String,
    /// Its command line.
    pub(super) line: String,
}

/// Everything that can be booted, and what it will be written from afresh.
pub(super) fn entries(sources: &Sources<'_>) -> Result<Vec<Entry>, Seen> {
    let mut menus = Vec::new();
    let mut kept = Vec::new();
    for (menu, environment) in MENUS {
        menus.extend(texts(sources, menu)?);
        for (_, text) in texts(sources, environment)? {
            kept.extend(text.lines().filter_map(assigned));
        }
    }
    let mut variables = Vec::new();
    for (_, text) in &menus {
        for line in text.lines() {
            let set = line.trim().strip_prefix("set ").and_then(assigned);
            variables.extend(set.map(|(name, value)| (name, unquoted(&value))));
        }
    }
    // A menu sets what grubenv does not say.
    variables.extend(kept);
    let mut entries = Vec::new();
    for pattern in ENTRIES {
        for (path, text) in texts(sources, pattern)? {
            let options = text.lines().filter_map(|line| {
                let (key, value) = line.trim().split_once(char::is_whitespace)?;
                (key == "options").then_some(value.trim())
            });
            let options: Vec<_> = options.collect();
            entries.push(Entry {
                name: path.clone(),
                file: path,
                line: filled(&options.join(" "), &variables),
            });
        }
    }
    for (path, text) in menus {
        entries.extend(menu(&path, &text, &variables));
    }
    entries.extend(zipl::entries(sources)?);
    entries.extend(defaults(sources)?);
    entries.extend(
        texts(sources, TO_COME)?
            .into_iter()
            .map(|(path, text)| Entry {
                name: path.clone(),
                file: path,
                line: text.trim().to_owned(),
            }),
    );
    Ok(entries)
}

/// The files that fit, with their texts.
pub(super) fn texts(sources: &Sources<'_>, pattern: &str) -> Result<Vec<(String, String)>, Seen> {
    let expected = "what boots";
    let paths = sources.paths(pattern);
    let paths: Vec<PathBuf> =
        paths.map_err(|error| Seen::unreadable(&error, expected).read([pattern]))?;
    let mut found = Vec::new();
    for path in paths {
        match sources.text(&path).as_ref() {
            Ok(text) => found.push((path.display().to_string(), text.clone())),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(Seen::unreadable(error, expected).read([pattern])),
        }
    }
    Ok(found)
}

/// The kernels that a menu of GRUB starts.
fn menu(path: &str, text: &str, variables: &[(String, String)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let kernel = words.next().unwrap_or_default();
        let name = kernel.rsplit('/').next().unwrap_or_default();
        let starts = match command {
            "linux" | "linux16" | "linuxefi" => !name.starts_with("memtest"),
            // Of a hypervisor, the kernel of its first guest.
            "module" | "module2" => name.contains("vmlinu"),
            _ => false,
        };
        if !starts {
            continue;
        }
        let said = line.split_once(kernel).map_or("", |(_, rest)| rest);
        entries.push(Entry {
            name: format!("{path}:{} ({name})", n + 1),
            file: path.to_owned(),
            line: filled(said, variables),
        });
    }
    entries
}

/// What `/etc/default/grub` makes of the next menu: its usual entries and, where they are not
/// switched off, those for recovery.
fn defaults(sources: &Sources<'_>) -> Result<Vec<Entry>, Seen> {
    let mut said = Vec::new();
    let mut any = false;
    for pattern in [DEFAULTS, MORE_DEFAULTS] {
        for (_, text) in texts(sources, pattern)? {
            any = true;
            for line in text.lines() {
                let line = line.trim();
                let line = line.strip_prefix("export ").unwrap_or(line);
                if let Some((name, value)) = assigned(line) {
                    // A line may name the value so far: `X="$X audit=1"`.
                    let value = filled(&unquoted(&value), &said);
                    said.push((name, value));
                }
            }
        }
    }
    if !any {
        return Ok(Vec::new());
    }
    let of = |name: &str| value(&said, name).unwrap_or_default();
    let always = of("GRUB_CMDLINE_LINUX");
    let usual = of("GRUB_CMDLINE_LINUX_DEFAULT");
    let entry = |what: &str, line: String| Entry {
        name: format!("{DEFAULTS} ({what})"),
        file: DEFAULTS.to_owned(),
        line,
    };
    let mut entries = vec![entry("kernels to come", format!("{always} {usual}"))];
    if of("GRUB_DISABLE_RECOVERY") != "true" {
        entries.push(entry("recovery", always.to_owned()));
    }
    Ok(entries)
}

/// `name=value` of a line that is no comment.
fn assigned(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), value.to_owned()))
}

/// The value of a shell's assignment, without its quotes and what comes after it.
pub(super) fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_owned();
        }
    }
    value
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn value<'v>(variables: &'v [(String, String)], name: &str) -> Option<&'v str> {
    let last = variables.iter().rev().find(|(own, _)| own == name);
    last.map(|(_, value)| value.as_str())
}

/// With the values of `$name` and `${name}` in their places; nothing where there is none.
fn filled(text: &str, variables: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        filled += before;
        let (name, tail) = match after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            Some(parts) => parts,
            None => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        filled += value(variables, name).unwrap_or_default();
        rest = tail;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_stand_for_their_last_values_and_for_nothing_without_one() {
        let variables = [("a", "1"), ("ab", "2"), ("a", "3")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (text, expected) in [
            ("x=$a y", "x=3 y"),
            ("${ab}c", "2c"),
            ("$ab", "2"),
            ("$none-", "-"),
            ("$", ""),
            ("${open", "{open"),
        ] {
            assert_eq!(filled(text, &variables), expected, "{text}");
        }
    }

    #[test]
    fn a_menu_has_kernels_and_no_testers_of_memory() {
        let text = "menuentry 'a' {\n\tlinux /vmlinuz-6 root=/dev/sda1 audit=1\n}\n# linux /vmlinuz-5 x\n\
                    \tlinux16 /boot/memtest86+.bin console=ttyS0\n\tmodule2 /vmlinuz-6 placeholder ro\n\tmodule2 /initrd\n";
        let lines: Vec<_> = menu("/g", text, &[])
            .into_iter()
            .map(|e| (e.name, e.line))
            .collect();
        assert_eq!(
            lines,
            [
                (
                    "/g:2 (vmlinuz-6)".to_owned(),
                    " root=/dev/sda1 audit=1".to_owned()
                ),
                ("/g:6 (vmlinuz-6)".to_owned(), " placeholder ro".to_owned()),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_filled_without_panic(text: String) {
            filled(&text, &[("a".into(), "$a".into())]);
            unquoted(&text);
            menu("/g", &text, &[]);
        }
    }
}

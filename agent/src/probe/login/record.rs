//! Records of wtmp, btmp (utmp(5)) and lastlog, as glibc lays them out. Pure.
//!
//! On most machines times have 32 bits in these files whatever the machine's words have, so that
//! programs of both sizes share them; where there were no 32-bit programs, they have 64.

/// Somebody is logged in (`USER_PROCESS`).
pub const USER: i16 = 7;

/// Where what is in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of a record of wtmp and btmp.
    pub size: usize,
    /// Where its time is.
    time: usize,
    /// Whether times have 64 bits.
    wide: bool,
    /// Bytes of a record of lastlog.
    pub lastlog: usize,
}

const SHARED: Layout = Layout {
    size: 384,
    time: 340,
    wide: false,
    lastlog: 292,
};

const WIDE: Layout = Layout {
    size: 400,
    time: 344,
    wide: true,
    lastlog: 296,
};

/// The layout of this machine. A tree of another one is read with it too.
pub const NATIVE: Layout = if cfg!(any(
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64"
)) {
    WIDE
} else {
    SHARED
};

const LINE: usize = 32;
const NAME: usize = 32;
const HOST: usize = 256;

/// One login, or one that failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// [`USER`], or one of the other types of utmp(5).
    pub kind: i16,
    pub user: &'a [u8],
    /// `pts/0`, `tty1`, `ssh:notty`.
    pub line: &'a [u8],
    /// Name or address of where from; empty: this machine.
    pub host: &'a [u8],
    /// Seconds since the Unix epoch.
    pub at: i64,
}

/// Reads one record of wtmp or btmp; `None` when there are not enough bytes.
pub fn login(layout: Layout, bytes: &[u8]) -> Option<Record<'_>> {
    let bytes = bytes.get(..layout.size)?;
    Some(Record {
        kind: i16::from_ne_bytes(*bytes.first_chunk()?),
        line: text(&bytes[8..8 + LINE]),
        user: text(&bytes[44..44 + NAME]),
        host: text(&bytes[76..76 + HOST]),
        at: time(layout, &bytes[layout.time..])?,
    })
}

/// Reads one record of lastlog, which is that of the user whose number is its place; `None` when
/// there are not enough bytes, or the user never logged in.
pub fn last(layout: Layout, bytes: &[u8]) -> Option<Record<'_>> {
    let bytes = bytes.get(..layout.lastlog)?;
    let rest = &bytes[if layout.wide { 8 } else { 4 }..];
    let at = time(layout, bytes)?;
    (at != 0).then(|| Record {
        kind: USER,
        user: &[],
        line: text(&rest[..LINE]),
        host: text(&rest[LINE..LINE + HOST]),
        at,
    })
}

/// Times of 32 bits are taken without a sign, which is good until 2106.
fn time(layout: Layout, bytes: &[u8]) -> Option<i64> {
    if layout.wide {
        bytes.first_chunk().map(|bytes| i64::from_ne_bytes(*bytes))
    } else {
        let seconds = bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
        seconds.map(i64::from)
    }
}

/// What is before the first zero.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

#[cfg(test)]
pub(in crate::probe::login) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    /// A record as `login` writes it.
    pub(in crate::probe::login) fn written(
        layout: Layout,
        kind: i16,
        user: &str,
        line: &str,
        host: &str,
        at: u32,
    ) -> Vec<u8> {
        let mut bytes = vec![0; layout.size];
        bytes[..2].copy_from_slice(&kind.to_ne_bytes());
        for (begin, text) in [(8, line), (44, user), (76, host)] {
            bytes[begin..begin + text.len()].copy_from_slice(text.as_bytes());
        }
        bytes[layout.time..layout.time + 4].copy_from_slice(&at.to_ne_bytes());
        bytes
    }

    #[test]
    fn records_of_both_layouts_are_read() {
        for layout in [SHARED, WIDE] {
            let name = "n".repeat(NAME);
            let bytes = written(layout, USER, &name, "pts/1", "10.0.0.1", 4_000_000_000);
            let read = login(layout, &bytes).unwrap();
            assert_eq!((read.kind, read.user), (USER, name.as_bytes()));
            assert_eq!((read.line, read.host), (&b"pts/1"[..], &b"10.0.0.1"[..]));
            assert_eq!(read.at, 4_000_000_000);
            assert_eq!(login(layout, &bytes[1..]), None);
            assert_eq!(last(layout, &vec![0; layout.lastlog]), None);
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("utmp", |bytes| {
            for layout in [SHARED, WIDE] {
                bytes.chunks(layout.size).for_each(|chunk| {
                    login(layout, chunk);
                    last(layout, chunk);
                });
            }
        });
        live::replay("lastlog", |bytes| {
            for layout in [SHARED, WIDE] {
                bytes.chunks(layout.lastlog).for_each(|chunk| {
                    last(layout, chunk);
                });
            }
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            for layout in [SHARED, WIDE] {
                login(layout, &bytes);
                last(layout, &bytes);
            }
        }
    }
}

//! What differs between two texts, for people.

use similar::TextDiff;

use crate::output::printable;

/// Lines that are shown around what differs.
const AROUND: usize = 3;

/// The unified difference; empty when there is none.
pub(super) fn unified(before: (&str, &str), after: (&str, &str)) -> String {
    let diff = TextDiff::from_lines(before.1, after.1);
    let mut unified = diff.unified_diff();
    unified.context_radius(AROUND).header(before.0, after.0);
    unified.to_string()
}

/// The difference as it is printed.
pub(super) fn shown(diff: &str, coloured: bool) -> String {
    let line = |line: &str| {
        let line = printable(line);
        let colour = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => "1",
            [b'@', ..] => "36",
            [b'-', ..] => "31",
            [b'+', ..] => "32",
            _ => return line,
        };
        if coloured {
            format!("\u{1b}[{colour}m{line}\u{1b}[0m")
        } else {
            line
        }
    };
    diff.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_what_is_around_it() {
        let diff = unified(("is", "a\nb\nc\n"), ("will be", "a\nx\nc\n"));
        assert_eq!(
            diff,
            "--- is\n+++ will be\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"
        );
        assert_eq!(unified(("is", "a\n"), ("will be", "a\n")), "");
        let coloured = shown("-\u{1b}[2Jb\n+x\n c\n", true);
        assert_eq!(
            coloured,
            "\u{1b}[31m-\u{fffd}[2Jb\u{1b}[0m\n\u{1b}[32m+x\u{1b}[0m\n c"
        );
    }
}

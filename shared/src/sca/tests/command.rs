use super::super::Command;

fn words(text: &str) -> Vec<String> {
    match Command::parse(text).unwrap() {
        Command::Words(words) => words,
        Command::Shell(line) => panic!("a shell for {line}"),
    }
}

#[test]
fn plain_words_want_no_shell_and_quotes_hold_them_together() {
    for (text, expected) in [
        ("sshd -T", &["sshd", "-T"][..]),
        ("  stat  -L /etc/passwd ", &["stat", "-L", "/etc/passwd"]),
        ("stat -Lc \"%n %a\" /a", &["stat", "-Lc", "%n %a", "/a"]),
        (
            "grep -Rh ^gpgcheck /etc/yum.repos.d/",
            &["grep", "-Rh", "^gpgcheck", "/etc/yum.repos.d/"],
        ),
        ("grubby --info=ALL", &["grubby", "--info=ALL"]),
        (
            "a 'b \"c' d\\ e \"\" f'g'",
            &["a", "b \"c", "d e", "", "fg"],
        ),
        (
            "sh -c \"cut -d\\\":\\\" /etc/passwd | awk '{print $1}' \\\\( \\n\"",
            &[
                "sh",
                "-c",
                "cut -d\":\" /etc/passwd | awk '{print $1}' \\( \\n",
            ],
        ),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn what_only_a_shell_understands_is_left_to_one() {
    for text in [
        "a | b",
        "a && b",
        "a; b",
        "a > b",
        "a < b",
        "a $(b)",
        "a `b`",
        "a $HOME",
        "ls /etc/*.conf",
        "ls /etc/?",
        "LANG=C a",
        "a & b",
        "ls ~",
        "a\nb",
    ] {
        assert_eq!(Command::parse(text), Ok(Command::Shell(text.into())));
    }
}

#[test]
fn a_quote_that_does_not_end_is_told() {
    for text in ["a \"b", "a 'b", "a \"b\\", "a \\"] {
        assert!(Command::parse(text).is_err(), "{text}");
    }
    for text in ["", "  ", "\"\" a", "a\0b"] {
        assert!(Command::parse(text).is_err(), "{text:?}");
    }
    assert!(Command::parse(&"a".repeat(20_000)).is_err());
}

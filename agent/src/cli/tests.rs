use std::fs;

use super::*;

fn run(arguments: &[&str]) -> ExitCode {
    let program = ["openwatch-agent"];
    main(program.iter().chain(arguments).map(OsString::from))
}

fn is(code: ExitCode, expected: Exit) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::from(expected))
}

#[test]
fn the_command_line_is_consistent() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
}

#[test]
fn wrong_usage_and_wrong_settings_are_2() {
    assert!(is(run(&["observe"]), Exit::Usage));
    assert!(is(run(&["facts", "--kind", "unheard_of"]), Exit::Usage));
    assert!(is(
        run(&["check-config", "--config", "/nonexistent"]),
        Exit::Usage
    ));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, "[collect]\nintervall_s = 5\n").unwrap();
    let file = file.to_str().unwrap();
    for command in ["run", "status", "check-config", "doctor"] {
        assert!(
            is(run(&[command, "--config", file]), Exit::Usage),
            "{command}"
        );
    }
}

#[test]
fn a_host_that_is_not_enrolled_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    assert!(is(run(&["run", "--state-dir", state]), Exit::NotStarted));
    assert!(is(run(&["status", "--state-dir", state]), Exit::Wrong));
    assert!(is(run(&["doctor", "--state-dir", state]), Exit::Wrong));
    let token = [
        "--collector",
        "127.0.0.1:1",
        "--token",
        "hunter2",
        "--state-dir",
        state,
    ];
    assert!(is(run(&[&["enroll"], &token[..]].concat()), Exit::Wrong));
}

#[test]
fn the_settings_in_force_are_a_file_of_settings() {
    let config = Config::defaults("/var/lib/elsewhere");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, lines(&config)).unwrap();
    let again = Config::load(Some(&file), &[]).unwrap();
    assert_eq!(lines(&again), lines(&config));
    assert!(lines(&config).contains("collect.interval_s = 60\n"));
}

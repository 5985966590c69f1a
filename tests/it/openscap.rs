//! What OpenSCAP says of a host beside what we say: where both decide what they know under the same
//! public name, they agree, or docs/openscap.md says why ours is right.

/// What both know, what each says, and what the page explains.
mod compare;

/// A host that lives.
mod live;

/// Trees of files, whole and with faults.
mod tree;

/// A function of the shell that asks OpenSCAP. Its probes crash now and then, and it waits for them for ever: then
/// it is ended, and asked again. It ends with 2 when a rule fails; what it said until then counts for nothing
/// otherwise.
const PATIENTLY: &str = r#"
patiently() {
    for attempt in 1 2 3; do
        status=0
        told=$(timeout --kill-after=5 "${PATIENCE:-120}" "$@" 2>/dev/null) || status=$?
        case $status in 0 | 2) printf '%s\n' "$told"; return 0 ;; esac
    done
    return $status
}
"#;

#[test]
fn what_hangs_or_crashes_is_asked_again_and_its_half_answer_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |program: &str| {
        std::process::Command::new("sh")
            .args(["-c", &format!("{PATIENTLY}\npatiently sh -c '{program}'")])
            .env("PATIENCE", "1")
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let third = "echo x >>asked; case $(wc -l <asked) in 1) echo half; exec sleep 60;; 2) kill -SEGV $$;; esac; \
                 echo whole; exit 2";
    let told = ask(third);
    assert!(told.status.success(), "{told:?}");
    assert_eq!(told.stdout, b"whole\n");
    let never = ask("echo half; exit 1");
    assert_eq!((never.status.code(), &*never.stdout), (Some(1), &b""[..]));
}

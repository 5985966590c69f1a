use nix::sys::stat::Mode;

use super::super::testing::{
    Verdict::{Error, Fail, NotApplicable, Pass},
    is, on, tree,
};

const AUDIT: &str = "{kernel_argument: {name: audit, is: 1}}";
const CFG: &str = "/boot/grub/grub.cfg";
const DEFAULTS: &str = "/etc/default/grub";
const ENTRY: &str = "/boot/loader/entries/a.conf";

#[test]
fn every_entry_and_the_running_kernel_must_have_the_word() {
    let menu = "menuentry 'a' {\n linux /vmlinuz-1 ro audit=1\n}\nmenuentry 'b' {\n linux /vmlinuz-2 ro single audit=1\n}\n";
    is(Pass, AUDIT, &[(CFG, menu)]);
    is(
        Pass,
        AUDIT,
        &[(CFG, menu), ("/proc/cmdline", "BOOT_IMAGE=/v ro audit=1\n")],
    );
    let outcome = is(Fail, AUDIT, &[(CFG, menu), ("/proc/cmdline", "ro\n")]);
    assert_eq!(
        outcome.evidence[0].offenders,
        ["the running kernel without audit"]
    );
    let one = menu.replacen(" audit=1", "", 1);
    let outcome = is(Fail, AUDIT, &[(CFG, &one)]);
    assert_eq!(
        outcome.evidence[0].offenders,
        ["/boot/grub/grub.cfg:2 (vmlinuz-1) without audit"]
    );
    is(
        Pass,
        AUDIT.replace("is: 1", "is: 1, when: configured").as_str(),
        &[(CFG, menu), ("/proc/cmdline", "ro\n")],
    );
    is(
        Fail,
        AUDIT.replace("is: 1", "is: 1, when: running").as_str(),
        &[(CFG, menu), ("/proc/cmdline", "ro\n")],
    );
}

#[test]
fn a_longer_word_a_comment_and_an_earlier_word_are_not_it() {
    let menu = |words: &str| format!("# linux /vmlinuz ro audit=1\nlinux /vmlinuz ro {words}\n");
    for bad in [
        "audit_backlog_limit=8192",
        "xaudit=1",
        "audit=1 audit=0",
        "audit",
        "-- audit=1",
        "audit=11",
    ] {
        is(Fail, AUDIT, &[(CFG, &menu(bad))]);
    }
    is(Pass, AUDIT, &[(CFG, &menu("audit=0 audit=1"))]);
    let limit = "{kernel_argument: {name: audit_backlog_limit, at_least: 8192}}";
    is(Pass, limit, &[(CFG, &menu("audit_backlog_limit=16384"))]);
    is(Fail, limit, &[(CFG, &menu("audit_backlog_limit=64"))]);
}

#[test]
fn entries_of_the_loader_have_the_variables_of_grub_in_them() {
    let entry = (
        ENTRY,
        "title a\nlinux /vmlinuz\noptions $kernelopts $tuned_params\n",
    );
    let env = |text: &'static str| ("/boot/grub2/grubenv", text);
    is(
        Pass,
        AUDIT,
        &[
            entry,
            env("# GRUB Environment Block\nkernelopts=root=/dev/x ro audit=1 \n####"),
        ],
    );
    is(Fail, AUDIT, &[entry, env("kernelopts=root=/dev/x ro\n")]);
    is(Fail, AUDIT, &[entry, env("#kernelopts=audit=1\n")]);
    let menu = (
        "/boot/grub2/grub.cfg",
        "  set kernelopts=\"ro audit=1 \"\nblscfg\n",
    );
    is(Pass, AUDIT, &[entry, menu]);
    is(Fail, AUDIT, &[entry, menu, env("kernelopts=ro\n")]);
    is(Fail, AUDIT, &[(ENTRY, "options ro\n#options audit=1\n")]);
    is(Pass, AUDIT, &[(ENTRY, "options ro\noptions audit=1\n")]);
    is(
        Fail,
        AUDIT,
        &[
            (ENTRY, "options audit=1\n"),
            ("/boot/loader/entries/rescue.conf", "options ro\n"),
        ],
    );
}

#[test]
fn what_menus_are_written_from_must_have_it_too() {
    let menu = (CFG, "linux /vmlinuz ro audit=1\n");
    let defaults = |text: &'static str| (DEFAULTS, text);
    is(
        Pass,
        AUDIT,
        &[menu, defaults("GRUB_CMDLINE_LINUX=\"audit=1\"\n")],
    );
    is(
        Fail,
        AUDIT,
        &[menu, defaults("#GRUB_CMDLINE_LINUX=\"audit=1\"\n")],
    );
    is(
        Fail,
        AUDIT,
        &[
            menu,
            defaults("GRUB_CMDLINE_LINUX=\"\"\nGRUB_CMDLINE_LINUX_XEN=audit=1\n"),
        ],
    );
    let outcome = is(
        Fail,
        AUDIT,
        &[
            menu,
            defaults("GRUB_CMDLINE_LINUX_DEFAULT='quiet audit=1'\n"),
        ],
    );
    assert_eq!(
        outcome.evidence[0].offenders,
        ["/etc/default/grub (recovery) without audit"]
    );
    is(
        Pass,
        AUDIT,
        &[
            menu,
            defaults(
                "GRUB_CMDLINE_LINUX_DEFAULT='quiet audit=1'\nGRUB_DISABLE_RECOVERY=\"true\"\n",
            ),
        ],
    );
    let more = (
        "/etc/default/grub.d/50-x.cfg",
        "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX audit=1\"\n",
    );
    is(
        Pass,
        AUDIT,
        &[menu, defaults("GRUB_CMDLINE_LINUX=\"quiet\"\n"), more],
    );
}

#[test]
fn what_the_next_kernel_is_given_must_have_it_and_what_was_not_found_is_said() {
    let menu = (CFG, "linux /vmlinuz ro audit=1\n");
    is(
        Fail,
        AUDIT,
        &[menu, ("/etc/kernel/cmdline", "root=/dev/x ro\n")],
    );
    is(
        Pass,
        AUDIT,
        &[menu, ("/etc/kernel/cmdline", "root=/dev/x ro audit=1\n")],
    );
    let outcome = is(Pass, AUDIT, &[("/proc/cmdline", "ro audit=1\n")]);
    assert!(
        outcome
            .because
            .ends_with("no entry of a boot loader was found")
    );
}

#[test]
fn a_word_can_be_asked_for_or_forbidden_whatever_its_value() {
    let absent = "{kernel_argument: {name: selinux, must: absent}}";
    is(Pass, absent, &[(CFG, "linux /vmlinuz selinux_x=0\n")]);
    is(Fail, absent, &[(CFG, "linux /vmlinuz selinux=0\n")]);
    let present = "{kernel_argument: {name: nousb, must: present}}";
    is(Pass, present, &[(CFG, "linux /vmlinuz nousb\n")]);
    is(Fail, present, &[(CFG, "linux /vmlinuz nousbx\n")]);
}

#[test]
fn where_nothing_boots_nothing_is_asked_and_what_cannot_be_read_is_an_error() {
    is(NotApplicable, AUDIT, &[("/etc/passwd", "")]);
    is(
        Fail,
        "{kernel_argument: {name: audit, is: 1, missing: fail}}",
        &[("/etc/passwd", "")],
    );
    is(Error, AUDIT, &[("/boot/grub/grub.cfg/folder", "")]);
    let root = tree(&[("/boot/x", ""), (DEFAULTS, "GRUB_CMDLINE_LINUX=audit=1\n")]);
    std::fs::create_dir(root.path().join("boot/grub2")).unwrap();
    nix::unistd::mkfifo(&root.path().join("boot/grub2/grub.cfg"), Mode::S_IRWXU).unwrap();
    assert_eq!(on(root.path(), AUDIT).verdict, Error);
}

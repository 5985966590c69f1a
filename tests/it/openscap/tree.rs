//! Trees of files that stand for hosts: one as Debian comes, one on which as many rules hold as can,
//! and of that one others with faults that are known to fool programs which read settings.
//!
//! A tree is told by a script in `trees/`, which runs in it with a few programs beside it; that of a
//! fault goes after those of the two others. Its kernel is a folder `/proc` of files.

use std::{collections::BTreeMap, fs, path::Path, sync::Mutex, thread};

use support::{LiveHost, content, openscap_stream, process::binary};

use super::{
    PATIENTLY,
    compare::{Judged, Names, Page, arguments, common, ours, theirs},
};

/// The tree as Debian comes, and the one on which all is as rules want it.
const PLAIN: [&str; 2] = ["base", "hardened"];

/// Trees that are judged at a time: as many as the least machine has cores.
const AT_A_TIME: usize = 2;

/// Makes what all trees share: OpenSCAP, and what scripts need.
const PROGRAMS: &str = r#"
set -e
mkdir -p "$1/usr/share"
cd "$1"
for folder in bin sbin lib lib64; do
    mkdir -p usr/$folder
    ln -s usr/$folder $folder
done
with() {
    for file; do
        mkdir -p ".${file%/*}"
        cp -L "$file" ".$file"
    done
}
for program in oscap sh cat chmod chown chgrp cp ln mkdir mv printf rm sed tee touch true; do
    path=$(command -v /usr/bin/$program)
    with $path $(ldd $path | grep -o '/[^ )]*')
done
# Of its own files it needs none: what it would check the stream by takes it longer than all else.
cp -r /usr/share/dpkg usr/share/
mkdir boot dev etc home root run srv sys tmp var
chmod 1777 tmp
"#;

/// Makes a tree, has it judged by OpenSCAP, and says what that said.
const JUDGE: &str = r#"
set -e
cp -al "$1/programs" "$2"
mknod -m 666 "$2/dev/null" c 1 3
mknod -m 666 "$2/dev/urandom" c 1 9
cp "$2.sh" "$2/run/script"
chroot "$2" sh -e /run/script >&2
rm "$2/run/script"
cp "$1/stream.xml" "$1/values.xml" "$2/root/"
patiently chroot "$2" oscap xccdf eval --skip-validation --tailoring-file /root/values.xml \
    --profile xccdf_org.openwatch_profile_values $3 /root/stream.xml
rm "$2"/root/*.xml
"#;

/// The trees, by the names of their scripts.
fn trees() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/openscap/trees");
    let script = |name: &str| fs::read_to_string(folder.join(format!("{name}.sh"))).unwrap();
    let mut trees = BTreeMap::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let parts = match PLAIN.iter().position(|plain| *plain == name) {
            Some(at) => PLAIN[..=at].to_vec(),
            None => [&PLAIN[..], &[&name]].concat(),
        };
        let text = parts.iter().map(|name| script(name)).collect();
        trees.insert(name, text);
    }
    trees
}

/// The stream without what is for people, which is half of it, and is read for every tree.
fn lean(stream: &str) -> String {
    let mut text = stream.to_owned();
    for (opens, closes) in [
        ("<xccdf-1.2:fix ", "</xccdf-1.2:fix>"),
        ("<xccdf-1.2:description>", "</xccdf-1.2:description>"),
        ("<xccdf-1.2:rationale>", "</xccdf-1.2:rationale>"),
    ] {
        let mut parts = text.split(opens);
        let mut lean = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            lean += part.split_once(closes).unwrap().1;
        }
        text = lean;
    }
    text
}

/// What both say of one tree.
fn judge(host: &LiveHost, name: &str, script: &str, names: &Names) -> (String, String) {
    let folder = host.folder().display().to_string();
    let tree = format!("{folder}/{name}");
    // Where only rules of audit differ, all other names have been asked of the hardened tree.
    let mut names = names.clone();
    names.retain(|asked, _| !name.starts_with("audit_") || asked.starts_with("audit"));
    fs::write(format!("{tree}.sh"), script).unwrap();
    let judge = format!("{PATIENTLY}{JUDGE}");
    let they = host.run(
        "sh",
        &["-c", &judge, "sh", &folder, &tree, &arguments(&names)],
    );
    let we = format!(
        "{} scan --root {tree} --content {folder}/content --format json || [ $? = 1 ]",
        binary("openwatch-agent").display()
    );
    (they, host.run("sh", &["-c", &we]))
}

#[test]
fn verdicts_on_trees_with_faults_agree_with_openscap_or_the_page_says_why() {
    let (Some(stream), Some(host)) = (openscap_stream(), LiveHost::start()) else {
        eprintln!("skipped: no OpenSCAP with content for this release here");
        return;
    };
    let names = common(&stream);
    let folder = host.folder();
    let text = lean(&fs::read_to_string(&stream).unwrap());
    fs::write(folder.join("stream.xml"), text).unwrap();
    let values = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/openscap/values.xml");
    fs::copy(values, folder.join("values.xml")).unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    host.run("sh", &["-c", PROGRAMS, "sh", &at("programs")]);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&content(), &folder.join("content")])
        .status();
    assert!(copied.unwrap().success());

    let trees = trees();
    let waiting = Mutex::new(trees.iter());
    let said = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((name, script)) = waiting.lock().unwrap().next() else {
                        return;
                    };
                    let both = judge(&host, name, script, &names);
                    said.lock().unwrap().insert(name.clone(), both);
                }
            });
        }
    });

    let mut page = Page::read();
    let mut judged = Judged::default();
    let mut fails = BTreeMap::new();
    for (name, (they, we)) in said.into_inner().unwrap() {
        let before = judged.fails;
        judged.compare(&name, &names, &theirs(&they), &ours(&we), &mut page);
        fails.insert(name, judged.fails - before);
    }
    eprintln!(
        "{} verdicts of {} names were compared",
        judged.pairs,
        judged.names.len()
    );
    assert!(judged.wrong.is_empty(), "{:#?}", judged.wrong);
    let hosts: Vec<String> = trees.into_keys().collect();
    let unmet = page.unmet(&hosts);
    assert!(
        unmet.is_empty(),
        "the page explains what is not so: {unmet:#?}"
    );
    assert!(
        judged.names.len() >= 260,
        "only {} names",
        judged.names.len()
    );
    let hardened = fails["hardened"];
    assert!(hardened < 20, "{hardened} rules fail on the hardened tree");
    assert!(fails["base"] > hardened + 100, "{fails:?}");
}

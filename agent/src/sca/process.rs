//! `p:`: programs that run, by the name that the kernel keeps of them.

use std::path::Path;

use shared::{
    rule::result::Verdict,
    sca::{Came, Terms},
};

use super::{Answer, Machine};

/// The kernel keeps so many bytes of a name.
const KEPT: usize = 15;

/// A name, and a line end.
const MAX_NAME: u64 = 64;

pub(super) fn ask(terms: &Terms, machine: &Machine<'_>) -> Answer {
    if !machine.host.is_live() {
        let why = "of a tree nothing runs".to_owned();
        return Answer::Open(Verdict::NotAssessable, why);
    }
    let numbers = match machine.host.list("/proc") {
        Ok(names) => names,
        Err(error) => return Answer::Open(Verdict::Error, error.to_string()),
    };
    // Where /proc hides what others run, it hides the first of all.
    if !numbers.iter().any(|name| name == "1") {
        let why = "/proc does not show what others run".to_owned();
        return Answer::Open(Verdict::NotAssessable, why);
    }
    let numbers = numbers.iter().filter_map(|name| name.to_str());
    let numbers = numbers.filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    let mut many = 0;
    let mut open = None;
    for number in numbers {
        let folder = Path::new("/proc").join(number);
        // One that has ended meanwhile does not run.
        let Ok(kept) = machine.host.read_text(folder.join("comm"), MAX_NAME) else {
            continue;
        };
        many += 1;
        let kept = kept.trim_end_matches('\n');
        let whole = whole(kept, &folder, machine);
        let came = [Some(kept), whole.as_deref()].into_iter().flatten();
        for name in came {
            match terms.find([name]) {
                Came::Yes(_) => return Answer::Yes(format!("{name} runs, as process {number}")),
                Came::No(_) => {}
                Came::Open(why) => {
                    open.get_or_insert(why);
                }
            }
        }
        if whole.is_none() && terms.may_begin_with(kept, KEPT) {
            open.get_or_insert(format!(
                "process {number} is called {kept} and perhaps more: only {KEPT} letters are kept"
            ));
        }
    }
    match open {
        Some(why) => Answer::Open(Verdict::NotAssessable, why),
        None => Answer::No(format!("none of {many} programs that run is called so")),
    }
}

/// The whole of a name that is as long as can be kept, where its program tells.
fn whole(kept: &str, folder: &Path, machine: &Machine<'_>) -> Option<String> {
    if kept.len() < KEPT {
        return None;
    }
    let program = machine.host.read_link(folder.join("exe")).ok()?;
    let name = program.file_name()?.to_str()?;
    name.starts_with(kept).then(|| name.to_owned())
}

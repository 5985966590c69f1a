//! `kernel_module`: a module that must not be used. It passes where the kernel has no such module;
//! else it must not be loaded, and modprobe must be told to run a program that does nothing in its
//! place. `blacklist` alone does not keep it out: by its name it is loaded all the same.

use shared::rule::{check::KernelModule, result::Verdict};

use super::{Seen, Sources};

pub(super) fn judge(asked: &KernelModule, sources: &Sources<'_>) -> Seen {
    let name = asked.name.replace('-', "_");
    let expected = format!("{name} neither loaded nor loadable");
    let rows = sources.rows("kernel_module");
    let rows = match rows.as_ref() {
        Ok(rows) => rows,
        Err(stale) => return Seen::stale(stale, expected).read(["kernel_module"]),
    };
    let Some(row) = rows.iter().find(|row| row.key == name) else {
        let why = format!("{name} is not among the modules that this agent looks for");
        return Seen::verdict(Verdict::Error, expected, why);
    };
    let value = &row.value;
    let is = |field: &str| value[field].as_bool();
    if is("loaded").is_none() && sources.host().is_live() {
        let why = "the kernel does not tell which modules are loaded";
        return Seen::verdict(Verdict::Error, expected, why).read(["/proc/modules"]);
    }
    let (loaded, builtin) = (is("loaded") == Some(true), is("builtin") == Some(true));
    let disabled = is("disabled") == Some(true);
    let has_file = value["file"].is_string();
    let indexed = is("indexed") == Some(true);
    let mut told = Vec::new();
    if loaded {
        told.push("loaded".to_owned());
    }
    if builtin {
        told.push("part of the kernel itself".to_owned());
    }
    match (value["install"].as_str(), value["install_in"].as_str()) {
        (Some(program), Some(file)) => told.push(format!("{file} has {program} run in its place")),
        _ => told.push("no file keeps it from being loaded by name".to_owned()),
    }
    if let Some(file) = value["blacklisted_in"].as_str() {
        told.push(format!("not loaded for a device: {file}"));
    }
    if indexed && !has_file && !builtin {
        told.push("this kernel has no such module".to_owned());
    }
    let absent = indexed && !has_file && !builtin && !loaded;
    let passes = !loaded && !builtin && (disabled || absent);
    Seen::of(passes, expected, told.join("; ")).read(["/proc/modules", "/etc/modprobe.d"])
}

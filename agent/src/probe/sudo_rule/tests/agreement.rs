//! Every sample file is read by us and by `cvtsudoers -f json`, which is sudo's own parser.

use serde_json::Value as Json;

use super::{super::*, samples, tree};
use crate::probe::live;

/// Settings of a rule that `cvtsudoers` names otherwise than the file does.
const TAGS: [(&str, [&str; 2]); 8] = [
    ("authenticate", ["PASSWD", "NOPASSWD"]),
    ("noexec", ["NOEXEC", "EXEC"]),
    ("intercept", ["INTERCEPT", "NOINTERCEPT"]),
    ("setenv", ["SETENV", "NOSETENV"]),
    ("log_input", ["LOG_INPUT", "NOLOG_INPUT"]),
    ("log_output", ["LOG_OUTPUT", "NOLOG_OUTPUT"]),
    ("send_mail", ["MAIL", "NOMAIL"]),
    ("sudoedit_follow", ["FOLLOW", "NOFOLLOW"]),
];

#[test]
fn rules_are_those_that_sudo_itself_reads() {
    let samples = samples();
    assert!(samples.len() >= 8);
    for sample in samples {
        let path = sample.to_str().unwrap();
        let Some(text) = live::tool("cvtsudoers", &["-e", "-f", "json", path]) else {
            return;
        };
        let theirs: Json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
        let text = std::fs::read_to_string(&sample).unwrap();
        let (_root, host) = tree(&[("/etc/sudoers", &text)]);
        let facts = SudoRules.read(&host).unwrap();
        let rules: Vec<Json> = facts
            .iter()
            .map(|fact| serde_json::from_str(&fact.value).unwrap())
            .collect();
        let ours: Vec<_> = rules.iter().filter_map(our_rule).collect();
        assert_eq!(ours, their_rules(&theirs), "{path}");
        let mut ours: Vec<_> = rules.iter().filter_map(our_setting).collect();
        let mut theirs = their_settings(&theirs);
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{path}");
    }
}

fn names(list: &Json) -> String {
    let names = list["names"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names: Vec<_> = names.iter().filter_map(Json::as_str).collect();
    names.join(",")
}

fn our_rule(row: &Json) -> Option<String> {
    if row["type"] != "rule" {
        return None;
    }
    let runas = match &row["runas_users"] {
        Json::Null => "-".into(),
        list => names(list),
    };
    let mut tags: Vec<_> = row["tags"]
        .as_array()?
        .iter()
        .filter_map(Json::as_str)
        .collect();
    tags.sort_unstable();
    Some(format!(
        "{} {}=({runas}:{}) {}: {}",
        names(&row["users"]),
        names(&row["hosts"]),
        names(&row["runas_groups"]),
        tags.join(","),
        names(&row["commands"])
    ))
}

/// `[{"username": "a", "negated": true}]` as `!a`.
fn members(list: &Json) -> String {
    let one = |member: &Json| {
        let negated = if member["negated"] == true { "!" } else { "" };
        let text = |name: &str| member[name].as_str().map(str::to_owned);
        let name = text("username")
            .or_else(|| text("usergroup").map(|name| format!("%{name}")))
            .or_else(|| text("nonunixgroup").map(|name| format!("%:{name}")))
            .or_else(|| text("netgroup").map(|name| format!("+{}", name.trim_start_matches('+'))))
            .or_else(|| text("hostname"))
            .or_else(|| text("networkaddr"))
            .or_else(|| text("command"))
            .or_else(|| member["userid"].as_i64().map(|id| format!("#{id}")))
            .or_else(|| member["usergid"].as_i64().map(|id| format!("%#{id}")))
            .unwrap_or_else(|| panic!("{member}"));
        let digest = ["sha224", "sha256", "sha384", "sha512"]
            .iter()
            .find_map(|name| Some(format!("{name}:{} ", member[name].as_str()?)));
        format!("{negated}{}{name}", digest.unwrap_or_default())
    };
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<_> = list.iter().map(one).collect();
    names.join(",")
}

fn their_rules(all: &Json) -> Vec<String> {
    let mut rules = Vec::new();
    for spec in all["User_Specs"].as_array().unwrap_or(&Vec::new()) {
        for commands in spec["Cmnd_Specs"].as_array().unwrap() {
            let commanded = members(&commands["Commands"]);
            let all = commanded.split(',').any(|command| command == "ALL");
            let mut tags = Vec::new();
            for option in commands["Options"].as_array().unwrap_or(&Vec::new()) {
                let known = TAGS
                    .iter()
                    .find_map(|(name, tags)| Some(tags[usize::from(!option[name].as_bool()?)]));
                // That ALL implies SETENV is not said in the file.
                tags.extend(known.filter(|tag| !(all && *tag == "SETENV")));
            }
            tags.sort_unstable();
            let (users, groups) = (&commands["runasusers"], &commands["runasgroups"]);
            let runas = match members(users).as_str() {
                "" if users.is_null() && groups.is_null() => "-".to_owned(),
                users => users.to_owned(),
            };
            rules.push(format!(
                "{} {}=({runas}:{}) {}: {}",
                members(&spec["User_List"]),
                members(&spec["Host_List"]),
                // A group to run as is written without the sign of a group.
                members(groups).replace('%', ""),
                tags.join(","),
                members(&commands["Commands"])
            ));
        }
    }
    rules
}

fn our_setting(row: &Json) -> Option<String> {
    if row["type"] != "setting" {
        return None;
    }
    let value = match (row["operator"].as_str()?, row["value"].as_str()) {
        ("on", _) => "true".into(),
        ("off", _) => "false".into(),
        (_, value) => value?.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    Some(format!(
        "{}: {} {value}",
        names(&row["members"]),
        row["name"].as_str()?
    ))
}

fn their_settings(all: &Json) -> Vec<String> {
    let mut settings = Vec::new();
    for line in all["Defaults"].as_array().unwrap_or(&Vec::new()) {
        let scope = members(&line["Binding"]);
        for option in line["Options"].as_array().unwrap() {
            for (name, value) in option.as_object().unwrap() {
                let value = match value {
                    Json::String(text) => text.clone(),
                    Json::Array(words) => {
                        let words: Vec<_> = words.iter().filter_map(Json::as_str).collect();
                        words.join(" ")
                    }
                    other => other.to_string(),
                };
                if name != "operation" {
                    settings.push(format!("{scope}: {name} {value}"));
                }
            }
        }
    }
    settings
}

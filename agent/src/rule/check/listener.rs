//! `listener`: sockets that wait for others to speak first, against those that are declared.

use std::net::IpAddr;

use shared::rule::{
    check::Listener,
    expect::{self, Scalar},
    result::Verdict,
    variable::Values,
};

use super::{super::source::Row, Seen, Sources};

pub(super) fn judge(asked: &Listener, values: &Values, sources: &Sources<'_>) -> Seen {
    let allowed = match expect::bound(&asked.allowed, values) {
        Ok(allowed) => allowed,
        Err(why) => return Seen::verdict(Verdict::Error, "declared sockets", why),
    };
    let names: Vec<_> = allowed.iter().map(|scalar| scalar.0.as_str()).collect();
    let expected = match names.as_slice() {
        [] => "nobody listens".to_owned(),
        names => format!("nobody listens but on {}", names.join(", ")),
    };
    if !sources.host().is_live() {
        let why = "who listens can be asked of the running machine alone";
        return Seen::verdict(Verdict::NotAssessable, expected, why).read(["listener"]);
    }
    match sources.rows("listener").as_ref() {
        Ok(rows) => among(rows, &allowed, asked.loopback, expected).read(["listener"]),
        Err(stale) => Seen::stale(stale, expected).read(["listener"]),
    }
}

fn among(rows: &[Row], allowed: &[Scalar], loopback: bool, expected: String) -> Seen {
    let counts = |row: &&Row| {
        let ip = row.value["ip"]
            .as_str()
            .and_then(|ip| ip.parse::<IpAddr>().ok());
        loopback || !ip.is_some_and(|ip| ip.to_canonical().is_loopback())
    };
    let counted: Vec<&Row> = rows.iter().filter(counts).collect();
    let offending = counted.iter().filter(|row| !is_allowed(row, allowed));
    let offenders: Vec<String> = offending
        .map(|row| match programs(row).as_slice() {
            [] => row.key.clone(),
            names => format!("{} ({})", row.key, names.join(", ")),
        })
        .collect();
    if counted.is_empty() {
        return Seen::of(true, expected, "nobody listens");
    }
    Seen::offenders(offenders, counted.len(), expected)
}

/// Where a program is named, all that hold the socket must be it.
fn is_allowed(row: &Row, allowed: &[Scalar]) -> bool {
    let protocol = row.value["protocol"].as_str().unwrap_or_default();
    let place = format!("{protocol}/{}", row.value["port"]);
    let programs = programs(row);
    allowed.iter().any(|Scalar(one)| {
        let (own, program) = one.split_once(' ').unwrap_or((one, ""));
        own == place
            && (program.is_empty()
                || !programs.is_empty() && programs.iter().all(|name| *name == program))
    })
}

fn programs(row: &Row) -> Vec<&str> {
    let names = row.value["programs"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing, *};

    fn row(protocol: &str, ip: &str, port: u16, programs: &[&str]) -> Row {
        Row {
            key: format!("{protocol} {ip}:{port}"),
            value: json!({"protocol": protocol, "ip": ip, "port": port, "programs": programs}),
        }
    }

    fn offenders(rows: &[Row], allowed: &[&str], loopback: bool) -> Vec<String> {
        let allowed: Vec<_> = allowed.iter().map(|one| Scalar((*one).into())).collect();
        among(rows, &allowed, loopback, String::new()).offenders
    }

    #[test]
    fn what_is_not_declared_is_named_with_its_program() {
        let rows = [
            row("tcp", "0.0.0.0", 22, &["sshd"]),
            row("tcp", "::", 2222, &["nc"]),
            row("udp", "0.0.0.0", 22, &[]),
            row("tcp", "127.0.0.53", 53, &["resolved"]),
            row("tcp", "::1", 25, &["master"]),
            row("tcp", "::ffff:127.0.0.1", 26, &[]),
        ];
        assert_eq!(
            offenders(&rows, &["tcp/22"], false),
            ["tcp :::2222 (nc)", "udp 0.0.0.0:22"]
        );
        let all = ["tcp/22 sshd", "tcp/2222 nc", "udp/22"];
        assert!(offenders(&rows, &all, false).is_empty());
        assert_eq!(offenders(&rows, &all, true).len(), 3);
        assert_eq!(
            offenders(&rows, &["tcp/22 ssh", "tcp/2222", "udp/22"], false).len(),
            1
        );
        assert_eq!(offenders(&rows, &[], false).len(), 3);
    }

    #[test]
    fn a_tree_has_nobody_to_ask_and_a_running_machine_has() {
        let check = "{listener: {allowed: [tcp/22]}}";
        testing::is(Verdict::NotAssessable, check, &[("/etc/passwd", "")]);
        let live = testing::on(std::path::Path::new("/"), check);
        assert!(
            [Verdict::Pass, Verdict::Fail].contains(&live.verdict),
            "{live:?}"
        );
    }
}

//! `listener`: sockets that wait for others to speak first, against those that are declared.

use std::net::IpAddr;

use shared::{
    rule::{
        check::Listener,
        expect::{self, Scalar},
        result::Verdict,
        variable::Values,
    },
    wire::Stale,
};

use super::{
    super::source::{Row, Rows},
    Seen, Sources,
};
use crate::probe;

/// Without it no kernel told of its sockets.
const TABLE: &str = "/proc/net/tcp";

pub(super) fn judge(asked: &Listener, values: &Values, sources: &Sources<'_>) -> Seen {
    let allowed = match expect::bound(&asked.allowed, values) {
        Ok(allowed) => allowed,
        Err(why) => return Seen::verdict(Verdict::Error, "declared sockets", why),
    };
    let names: Vec<_> = allowed.iter().map(|scalar| scalar.0.as_str()).collect();
    let mut expected = match names.as_slice() {
        [] => "nobody listens".to_owned(),
        names => format!("nobody listens but on {}", names.join(", ")),
    };
    if !asked.at.is_empty() {
        expected += &format!(", of {}", asked.at.join(", "));
    }
    let (rows, read) = match sockets(sources) {
        Ok(told) => told,
        Err(why) => {
            return Seen::verdict(Verdict::NotAssessable, expected, why).read([TABLE]);
        }
    };
    match rows.as_ref() {
        Ok(rows) => among(rows, asked, &allowed, expected).read([read]),
        Err(stale) => Seen::stale(stale, expected).read([read]),
    }
}

/// Sockets that wait for others to speak first, and what told of them; or why nothing does.
pub(super) fn sockets(sources: &Sources<'_>) -> Result<(Rows, &'static str), &'static str> {
    if sources.host().is_live() {
        return Ok((sources.rows("listener"), "listener"));
    }
    let table = sources.metadata(TABLE);
    if table.is_err_and(|error| error.is_absent()) {
        return Err("who listens can be asked of the running machine alone");
    }
    Ok((sources.once(|| recorded(sources)), TABLE))
}

/// What the tables of a tree tell. Who holds a socket is not among it.
fn recorded(sources: &Sources<'_>) -> Result<Vec<Row>, Stale> {
    let facts = probe::listener::recorded(sources.host())?;
    Ok(facts.into_iter().map(Row::of).collect())
}

fn among(rows: &[Row], asked: &Listener, allowed: &[Scalar], expected: String) -> Seen {
    let is_asked = |row: &&Row| asked.at.is_empty() || asked.at.contains(&place(row));
    let counts = |row: &&Row| asked.loopback || !is_loopback(row);
    let counted: Vec<&Row> = rows.iter().filter(is_asked).filter(counts).collect();
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

/// Whether only this host can reach it.
pub(super) fn is_loopback(row: &Row) -> bool {
    let ip = row.value["ip"]
        .as_str()
        .and_then(|ip| ip.parse::<IpAddr>().ok());
    ip.is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// `tcp/22`
fn place(row: &Row) -> String {
    let protocol = row.value["protocol"].as_str().unwrap_or_default();
    format!("{protocol}/{}", row.value["port"])
}

/// Where a program is named, all that hold the socket must be it.
fn is_allowed(row: &Row, allowed: &[Scalar]) -> bool {
    let place = place(row);
    let programs = programs(row);
    allowed.iter().any(|Scalar(one)| {
        let (own, program) = one.split_once(' ').unwrap_or((one, ""));
        own == place
            && (program.is_empty()
                || !programs.is_empty() && programs.iter().all(|name| *name == program))
    })
}

pub(super) fn programs(row: &Row) -> Vec<&str> {
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
        let asked = Listener {
            at: Vec::new(),
            allowed: Vec::new(),
            loopback,
        };
        among(rows, &asked, &allowed, String::new()).offenders
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
    fn of_a_tree_the_tables_decide_that_were_left_in_it() {
        use Verdict::{Error, Fail, Pass};
        let line = |address: &str, state: &str| {
            format!(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                 0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
            )
        };
        let mail = "{listener: {at: [tcp/25, tcp/587], allowed: []}}";
        let tree = |verdict, tcp: &str| {
            let empty = line("", "").lines().next().unwrap_or_default().to_owned() + "\n";
            testing::is(
                verdict,
                mail,
                &[("/proc/net/tcp", tcp), ("/proc/net/udp", &empty)],
            )
        };
        // Of all addresses, of the loopback one, another port, not listening.
        tree(Fail, &line("00000000:0019", "0A"));
        tree(Pass, &line("0100007F:0019", "0A"));
        tree(Pass, &line("00000000:0016", "0A"));
        tree(Pass, &line("00000000:0019", "01"));
        tree(Error, "no table\nat all\n");
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

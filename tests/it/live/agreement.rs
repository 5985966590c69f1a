//! What the API says a host is, and what its tools say, row for row and in both directions.

/// How each tool's rows are read.
mod tools;

use std::{
    collections::BTreeMap,
    fmt::{self, Debug, Formatter},
};

use serde_json::Value;
use support::{LiveHost, Watched, until};

/// A kind of fact and the tool that knows it.
struct Pair {
    kind: &'static str,
    /// What a fact says, in the tool's words.
    ours: fn(&str, &Value) -> String,
    /// What the tool says, one row each.
    theirs: fn(&LiveHost) -> Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_row_for_row_what_the_hosts_own_tools_say() {
    let Some(watched) = Watched::start(furnish).await else {
        return;
    };
    for pair in tools::PAIRS {
        until(&format!("agreement on {}", pair.kind), async || {
            let facts = watched.api.facts(&watched.id, pair.kind).await;
            let theirs = (pair.theirs)(&watched.host);
            assert!(!theirs.is_empty(), "the tool lists no {}", pair.kind);
            let ours = facts.iter().map(|(key, value)| (pair.ours)(key, value));
            compare(ours.collect(), theirs)
        })
        .await;
    }
}

/// Sockets that `ss` writes in its different ways, held by a process that ends with the host.
const SOCKETS: &str = "use IO::Socket::IP; \
    my @sockets = map { IO::Socket::IP->new(@$_) or die $! } \
        [Listen => 1, LocalHost => '::', LocalPort => 8090, V6Only => 1], \
        [Listen => 1, LocalHost => '::', LocalPort => 8091, V6Only => 0], \
        [Listen => 1, LocalHost => '198.51.100.2', LocalPort => 8092], \
        [Proto => 'udp', LocalHost => '::1', LocalPort => 8093]; \
    exit if fork; close STDOUT; close STDERR; sleep;";

/// More than a loopback interface and what follows from it.
fn furnish(host: &LiveHost) {
    let ip = |line: &str| {
        host.run("ip", &line.split(' ').collect::<Vec<_>>());
    };
    ip("link add wan type veth peer name isp");
    ip("link add office type bridge");
    ip("link set isp master office");
    ip("link set wan up mtu 1400");
    ip("link set isp up");
    ip("addr add 198.51.100.2/24 brd + dev wan");
    ip("addr add 198.51.100.3/24 dev wan");
    ip("addr add 203.0.113.1 peer 203.0.113.2 dev wan");
    ip("addr add 2001:db8::2/64 dev wan nodad");
    ip("route add default via 198.51.100.1 metric 100");
    ip("route add 192.0.2.0/24 nexthop via 198.51.100.8 nexthop via 198.51.100.9 weight 3");
    ip("route add blackhole 10.66.0.0/16");
    ip("-6 route add default via 2001:db8::1 dev wan");
    ip("route add 10.77.0.0/16 via 198.51.100.7 table 100");
    host.run("perl", &["-e", SOCKETS]);
    host.run("groupadd", &["trial"]);
    host.run("useradd", &["-M", "-G", "trial", "-c", "Ann Other", "ann"]);
    host.run("mkdir", &["/run/a b"]);
    host.run(
        "mount",
        &["-t", "tmpfs", "-o", "ro,nosuid", "scratch", "/run/a b"],
    );
    host.run("mount", &["--bind", "/etc", "/home"]);
}

/// What only one side has.
struct Difference {
    only_ours: Vec<String>,
    only_theirs: Vec<String>,
}

/// One row a line.
impl Debug for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut side = |name: &str, rows: &[String]| {
            writeln!(f, "\nonly {name}: {} rows", rows.len())?;
            rows.iter().try_for_each(|row| writeln!(f, "  {row}"))
        };
        side("the API", &self.only_ours)?;
        side("the tool", &self.only_theirs)
    }
}

/// A row that is there twice must be there twice on the other side.
fn compare(ours: Vec<String>, theirs: Vec<String>) -> Result<(), Difference> {
    let mut counts = BTreeMap::<String, i64>::new();
    for row in ours {
        *counts.entry(row).or_default() += 1;
    }
    for row in theirs {
        *counts.entry(row).or_default() -= 1;
    }
    let only = |sign: i64| -> Vec<String> {
        let rows = counts.iter().filter(|(_, count)| **count * sign > 0);
        rows.map(|(row, _)| row.clone()).collect()
    };
    let (only_ours, only_theirs) = (only(1), only(-1));
    if only_ours.is_empty() && only_theirs.is_empty() {
        Ok(())
    } else {
        Err(Difference {
            only_ours,
            only_theirs,
        })
    }
}

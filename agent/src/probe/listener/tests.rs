use std::net::{TcpListener, UdpSocket};

use serde_json::Value as Json;

use super::*;
use crate::probe::{hostile, live};

#[test]
fn the_live_machine_has_what_ss_lists() {
    let ours = || {
        let facts = live::facts(&Listeners::new());
        let rows: BTreeSet<_> = facts
            .iter()
            .map(|(_, value)| {
                let bound = value["interface"].as_str().map(|name| format!("%{name}"));
                let bound = bound.unwrap_or_default();
                let ip: IpAddr = value["ip"].as_str().unwrap().parse().unwrap();
                // ss writes a star for a socket of IPv6 that takes IPv4 as well.
                let ip = match ip {
                    IpAddr::V6(ip) if ip.is_unspecified() && value["v6_only"] == false => {
                        "*".to_owned()
                    }
                    IpAddr::V6(ip) => format!("[{ip}]"),
                    IpAddr::V4(ip) => ip.to_string(),
                };
                let protocol = value["protocol"].as_str().unwrap();
                format!("{protocol} {ip}{bound}:{}", value["port"])
            })
            .collect();
        rows.into_iter().collect()
    };
    live::agree(ours, || {
        let listed = live::tool("ss", &["-H", "-tuln"])?;
        let rows: BTreeSet<_> = listed
            .lines()
            .map(|line| {
                let fields: Vec<_> = line.split_whitespace().collect();
                format!("{} {}", fields[0], fields[4])
            })
            .collect();
        Some(rows.into_iter().collect())
    });
}

fn found(key: &str) -> Option<Json> {
    let facts = live::facts(&Listeners::new());
    let row = facts.into_iter().find(|(fact, _)| fact.key == key);
    row.map(|(_, value)| value)
}

#[test]
fn a_socket_is_there_while_it_is_open_and_named_after_its_program() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("[::1]:0").unwrap();
    let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
    connected.connect(tcp.local_addr().unwrap()).unwrap();
    let tcp_key = format!("tcp {}", tcp.local_addr().unwrap());
    let value = found(&tcp_key).unwrap();
    let comm = live::host().read_text("/proc/self/comm", 64).unwrap();
    assert_eq!(value["programs"], serde_json::json!([comm.trim_end()]));
    assert_eq!(value["uids"][0], nix::unistd::getuid().as_raw());
    assert!(found(&format!("udp {}", udp.local_addr().unwrap())).is_some());
    let other = format!("udp {}", connected.local_addr().unwrap());
    assert!(found(&other).is_none(), "{other} is connected");
    drop(tcp);
    assert!(found(&tcp_key).is_none());
}

fn socket(ip: &str, inode: u64) -> Socket {
    Socket {
        protocol: Protocol::Tcp,
        ip: ip.parse().unwrap(),
        port: 80,
        ifindex: None,
        v6_only: None,
        uid: 0,
        inode,
    }
}

#[test]
fn sockets_that_share_an_address_are_one_with_all_their_programs() {
    let sockets = [
        socket("0.0.0.0", 1),
        Socket {
            uid: 33,
            ..socket("0.0.0.0", 2)
        },
    ];
    let name = |text: &str| BTreeSet::from([text.to_owned()]);
    let holders = BTreeMap::from([(1, name("nginx")), (2, name("haproxy"))]);
    let folded = fold(&sockets, &holders, &BTreeMap::new());
    let value = &folded["tcp 0.0.0.0:80"];
    assert_eq!(folded.len(), 1);
    assert!(value.programs.iter().eq(["haproxy", "nginx"]));
    assert!(value.uids.iter().eq(&[0, 33]));
}

#[test]
fn keys_tell_apart_what_can_be_bound_side_by_side() {
    let any = socket("::", 1);
    let only = Socket {
        v6_only: Some(true),
        ..any.clone()
    };
    let bound = Socket {
        ifindex: Some(2),
        ..any.clone()
    };
    let names = BTreeMap::from([(2, "eth0".to_owned())]);
    let folded = fold(
        &[any, only, bound, socket("::1", 4)],
        &BTreeMap::new(),
        &names,
    );
    let keys: Vec<_> = folded.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "tcp [::1]:80",
            "tcp [::]%eth0:80",
            "tcp [::]:80",
            "tcp [::]:80 v6only"
        ]
    );
}

/// In a network of its own, so that nobody else's sockets come and go.
#[test]
fn a_peek_tells_of_a_socket_that_comes_and_goes() {
    use nix::sched::{CloneFlags, unshare};
    use std::net::TcpListener;
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        #[expect(clippy::print_stderr, reason = "the reader of the output has to know")]
        {
            eprintln!("skipped: no network namespace here: {error}");
        }
        return;
    }
    // The file system shows the network of the process; this thread has left it.
    let listeners = Listeners::new();
    let told = || sockets().unwrap();
    let nobody = told();
    assert_eq!(told(), nobody);
    let socket = TcpListener::bind("127.0.0.1:0");
    // Loopback is down in a new network: an address of its own is refused, any is not.
    let socket = socket.or_else(|_| TcpListener::bind("0.0.0.0:0")).unwrap();
    let somebody = told();
    assert_ne!(somebody, nobody);
    drop(socket);
    assert_eq!(told(), nobody);
    let host = live::host();
    assert_eq!(listeners.peek(&host), listeners.peek(&host));
}

#[test]
fn a_thousand_bad_answers_of_the_monitor_harm_no_listener() {
    let (names, holders) = (BTreeMap::new(), BTreeMap::new());
    let (refused, rows) = hostile::answers("sock-diag", |bytes| {
        let mut answer = netlink::Answer::new("sockets", diag::HEADER);
        answer.take(bytes)?;
        let rows = answer.rows().unwrap_or_default();
        let sockets: Vec<_> = diag::listed(&rows, Protocol::Udp).collect();
        facts(&sockets, &holders, &names)
    });
    assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
}

#[test]
fn a_thousand_bad_tables_harm_no_listener() {
    let (names, holders) = (BTreeMap::new(), BTreeMap::new());
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let (refused, rows) = hostile::answers("proc-net-table", |bytes| {
            facts(&table::parse(bytes, protocol)?, &holders, &names)
        });
        assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
    }
}

//! A line between agents and a collector that a test can cut: packets then go nowhere, in either
//! direction, and nobody is told.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{net::UdpSocket, task::JoinSet};

/// The line. Dropped, it is gone, and its ports with it.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
    carried: Arc<AtomicU64>,
    _running: JoinSet<()>,
}

impl Relay {
    /// A line to the collector at `agents`.
    pub async fn start(agents: &str) -> Self {
        let door = UdpSocket::bind("[::1]:0").await.expect("a port");
        let address = door.local_addr().expect("an address");
        let cut = Arc::new(AtomicBool::new(false));
        let carried = Arc::new(AtomicU64::new(0));
        let mut running = JoinSet::new();
        let agents = agents.parse().expect("an address");
        running.spawn(carry(Arc::new(door), agents, cut.clone(), carried.clone()));
        Self {
            address,
            cut,
            carried,
            _running: running,
        }
    }

    /// What agents dial.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Bytes of UDP that it has carried, both ways.
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }

    /// From now on nothing arrives.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// From now on everything arrives again.
    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

/// Carries packets there, by a port of its own for each that sends, and back. The ports are open to
/// everybody, as an agent's is: a packet from elsewhere is not answered with "port unreachable".
async fn carry(
    door: Arc<UdpSocket>,
    agents: SocketAddr,
    cut: Arc<AtomicBool>,
    carried: Arc<AtomicU64>,
) {
    let mut ports: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let (mut back, mut packet) = (JoinSet::new(), vec![0; 65_536]);
    loop {
        // An agent that is gone makes the kernel say so, which is nothing to this line.
        let Ok((length, from)) = door.recv_from(&mut packet).await else {
            continue;
        };
        if cut.load(Ordering::SeqCst) {
            continue;
        }
        if let Entry::Vacant(new) = ports.entry(from) {
            let port = UdpSocket::bind("[::1]:0").await.expect("a port");
            let port = Arc::new(port);
            new.insert(port.clone());
            let (door, cut, carried) = (door.clone(), cut.clone(), carried.clone());
            back.spawn(async move {
                let mut packet = vec![0; 65_536];
                loop {
                    if let Ok((length, _)) = port.recv_from(&mut packet).await
                        && !cut.load(Ordering::SeqCst)
                    {
                        carried.fetch_add(length as u64, Ordering::SeqCst);
                        let _ = door.send_to(&packet[..length], from).await;
                    }
                }
            });
        }
        carried.fetch_add(length as u64, Ordering::SeqCst);
        let _ = ports[&from].send_to(&packet[..length], agents).await;
    }
}
